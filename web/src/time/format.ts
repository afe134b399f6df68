/**
 * Times and stretches of time in words. Pure but for the zone: without one it is the zone that the person has chosen,
 * and a time of day is followed by its short name wherever the organization's clocks show something else.
 */
import { organizationZone, shownZone } from "./shown";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

/** A formatter, made once: making one takes longer than a hundred uses. */
function formatOf(locale: string | undefined, options: Intl.DateTimeFormatOptions) {
  const key = JSON.stringify([locale, options]);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, options);
    formats.set(key, format);
  }
  return format;
}

/** A stretch at a glance: "40 s", "12 min", "3 h 5 min", "2 d 4 h". Never negative. */
export function stretch(ms: number): string {
  const rest = Math.max(0, ms);
  if (rest < MINUTE) return `${Math.floor(rest / SECOND)} s`;
  if (rest < HOUR) return `${Math.floor(rest / MINUTE)} min`;
  if (rest < DAY) {
    const minutes = Math.floor((rest % HOUR) / MINUTE);
    return minutes === 0
      ? `${Math.floor(rest / HOUR)} h`
      : `${Math.floor(rest / HOUR)} h ${minutes} min`;
  }
  const hours = Math.floor((rest % DAY) / HOUR);
  return hours === 0 ? `${Math.floor(rest / DAY)} d` : `${Math.floor(rest / DAY)} d ${hours} h`;
}

/** A text in which no number stands at the end of a line and its unit on the next. */
export function keepUnits(text: string): string {
  return text.replace(/(\d) (?=(?:s|min|h|d)\b)/g, "$1\u00a0");
}

/** A countdown: "9:05", "1:02:03". At or past the end "0:00". */
export function countdown(ms: number): string {
  // Inactivity begins one millisecond past the threshold: 10 min and 1 ms are 10:00, not 10:01.
  const seconds = Math.max(0, Math.ceil((ms - 1) / SECOND));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

/** How long ago, in steps coarse enough to read: "just now", "20 s ago", "3 h ago". */
export function ago(instantMs: number, nowMs: number): string {
  const passed = nowMs - instantMs;
  if (passed < 5 * SECOND) return "just now";
  if (passed < MINUTE) return `${Math.floor(passed / SECOND / 5) * 5} s ago`;
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < DAY) return `${Math.floor(passed / HOUR)} h ago`;
  return `${Math.floor(passed / DAY)} d ago`;
}

/** The short name of a zone at an instant: "PST", "GMT+5:30". */
export function zoneName(
  instantMs: number,
  locale?: string,
  timeZone: string = shownZone(),
): string {
  const format = formatOf(locale, { timeZone, timeZoneName: "short" });
  return format.formatToParts(instantMs).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/** The zone's short name with a space before it, if the organization's zone has another at that instant. */
function zoneMark(instantMs: number, locale: string | undefined): string {
  const [shown, theirs] = [shownZone(), organizationZone()];
  if (shown === theirs) return "";
  const name = zoneName(instantMs, locale, shown);
  return name === zoneName(instantMs, locale, theirs) ? "" : ` ${name}`;
}

/** The time of day. */
export function timeOfDay(instantMs: number, locale?: string, timeZone?: string): string {
  const zone = timeZone ?? shownZone();
  const format = formatOf(locale, { timeStyle: "short", timeZone: zone });
  return format.format(instantMs) + (timeZone ? "" : zoneMark(instantMs, locale));
}

function dayKey(instantMs: number, timeZone: string = shownZone()): string {
  return formatOf("en-CA", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    timeZone,
  }).format(instantMs);
}

/** Whether two instants fall on the same day of the calendar. */
export function sameDay(oneMs: number, otherMs: number, timeZone?: string): boolean {
  return dayKey(oneMs, timeZone) === dayKey(otherMs, timeZone);
}

/** A day as a heading: "Today", "Yesterday", "Monday, November 16". */
export function dayName(
  instantMs: number,
  nowMs: number,
  locale?: string,
  timeZone?: string,
): string {
  if (sameDay(instantMs, nowMs, timeZone)) return "Today";
  if (sameDay(instantMs, nowMs - DAY, timeZone)) return "Yesterday";
  const sameYear = dayKey(instantMs, timeZone).slice(0, 4) === dayKey(nowMs, timeZone).slice(0, 4);
  return formatOf(locale, {
    weekday: "long",
    month: "long",
    day: "numeric",
    year: sameYear ? undefined : "numeric",
    timeZone: timeZone ?? shownZone(),
  }).format(instantMs);
}

/** A short mark for lists: the time today, otherwise the date. */
export function shortTime(
  instantMs: number,
  nowMs: number,
  locale?: string,
  timeZone?: string,
): string {
  if (sameDay(instantMs, nowMs, timeZone)) return timeOfDay(instantMs, locale, timeZone);
  const zone = timeZone ?? shownZone();
  const format = formatOf(locale, {
    month: "short",
    day: "numeric",
    timeZone: zone,
  });
  return format.format(instantMs);
}

function dateAndTime(instantMs: number, locale: string | undefined, timeZone: string): string {
  const format = { dateStyle: "medium", timeStyle: "short", timeZone } as const;
  return formatOf(locale, format).format(instantMs);
}

/** Date and time in full, for sentences and tables. */
export function fullTime(instantMs: number, locale?: string, timeZone?: string): string {
  if (timeZone) return dateAndTime(instantMs, locale, timeZone);
  return dateAndTime(instantMs, locale, shownZone()) + zoneMark(instantMs, locale);
}

/** Date and time with zone and offset for tooltips: in the zone that is shown and, if it is another, the organization's. */
export function exactTime(instantMs: number, locale?: string): string {
  const [shown, theirs] = [shownZone(), organizationZone()];
  const at = (timeZone: string) => {
    const parts = formatOf(locale, { timeZone, timeZoneName: "longOffset" });
    const offset = parts
      .formatToParts(instantMs)
      .find(({ type }) => type === "timeZoneName")?.value;
    return `${dateAndTime(instantMs, locale, timeZone)}, ${timeZone} (${offset})`;
  };
  return shown === theirs ? at(shown) : `${at(shown)}; ${at(theirs)}`;
}

/** Since when, as in "Inactive since 14:05" or "Inactive since Nov 16, 14:05". */
export function since(
  instantMs: number,
  nowMs: number,
  locale?: string,
  timeZone?: string,
): string {
  const time = timeOfDay(instantMs, locale, timeZone);
  return sameDay(instantMs, nowMs, timeZone)
    ? time
    : `${shortTime(instantMs, nowMs, locale, timeZone)}, ${time}`;
}
