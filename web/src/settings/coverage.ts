/** Coverage in words and in shares of a strip. Pure. */
import type { Coverage, PersonalLayer, Stretch } from "../api/types";
import { addDays, instantOf, wallAt } from "../time/zones";

/** How a stretch looks: whose reply a customer gets, a gap that somebody left, or nothing at all. */
export type Tone = NonNullable<Stretch["kind"]> | "gap" | "nothing";

export function toneOf({ kind, reason }: Pick<Stretch, "kind" | "reason">): Tone {
  return kind ?? (reason === "personal_set_up" ? "gap" : "nothing");
}

export const TONES: { tone: Tone; label: string }[] = [
  { tone: "away", label: "Away message" },
  { tone: "office_hours", label: "Text outside office hours" },
  { tone: "personal_inactivity", label: "Own reply while inactive" },
  { tone: "inactivity", label: "Organization's reply while inactive" },
  { tone: "gap", label: "Nothing, although replies are set up" },
  { tone: "nothing", label: "Nothing" },
];

export function toneLabel(tone: Tone): string {
  return TONES.find((each) => each.tone === tone)?.label ?? tone;
}

/** A personal layer in words, as in "Ana's away message". */
export function layerWords(layer: PersonalLayer): string {
  switch (layer) {
    case "away":
      return "away message";
    case "office_hours":
      return "office hours";
    case "personal_inactivity":
      return "own reply while inactive";
  }
}

/** The layers that a System Admin can switch off. */
export function personalLayers(setUp: Coverage["set_up"]): PersonalLayer[] {
  return setUp.filter((layer): layer is PersonalLayer => (layer as string) !== "inactivity");
}

/** A stretch's place on a strip from one instant to another, in percent. */
export function shareOf(stretch: Pick<Stretch, "from" | "to">, fromMs: number, toMs: number) {
  const whole = toMs - fromMs;
  const at = (instant: string) =>
    Math.min(100, Math.max(0, ((Date.parse(instant) - fromMs) / whole) * 100));
  return { left: at(stretch.from), width: at(stretch.to) - at(stretch.from) };
}

/** The midnights within a span, each with the share of the strip at which it lies. */
export function midnights(fromMs: number, toMs: number, timeZone: string) {
  const found: { date: string; ms: number; left: number }[] = [];
  let date = wallAt(fromMs, timeZone).date;
  for (let count = 0; count < 10; count += 1) {
    date = addDays(date, 1);
    const ms = instantOf({ date, time: "00:00" }, timeZone, "start");
    if (ms === null || ms >= toMs) break;
    found.push({ date, ms, left: ((ms - fromMs) / (toMs - fromMs)) * 100 });
  }
  return found;
}

/** From when until when, without saying the same day twice. */
export function spanWords(fromMs: number, toMs: number, timeZone: string, locale?: string): string {
  const day = new Intl.DateTimeFormat(locale, {
    weekday: "short",
    month: "short",
    day: "numeric",
    timeZone,
  });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short", timeZone });
  const from = `${day.format(fromMs)}, ${time.format(fromMs)}`;
  const to =
    day.format(fromMs) === day.format(toMs)
      ? time.format(toMs)
      : `${day.format(toMs)}, ${time.format(toMs)}`;
  return `${from} to ${to}`;
}
