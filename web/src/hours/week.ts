/** Weekly office hours (R12) as the editor handles them. Pure; the server checks the same again. */
import type { HoursException, OpenWeek, OpenWindow } from "../api/types";

export type Day = keyof OpenWeek;

export const DAYS: readonly { key: Day; label: string }[] = [
  { key: "monday", label: "Monday" },
  { key: "tuesday", label: "Tuesday" },
  { key: "wednesday", label: "Wednesday" },
  { key: "thursday", label: "Thursday" },
  { key: "friday", label: "Friday" },
  { key: "saturday", label: "Saturday" },
  { key: "sunday", label: "Sunday" },
];

const DAY_MINUTES = 24 * 60;
const MAX_WINDOWS = 12;

/** A day's name in words. */
export function dayLabel(day: Day): string {
  return DAYS.find(({ key }) => key === day)?.label ?? day;
}

/** A week in which every day has the same windows, but for the days named. */
export function weekOf(windows: OpenWindow[], closed: readonly Day[] = []): OpenWeek {
  const of = (day: Day) => (closed.includes(day) ? [] : windows.map((window) => ({ ...window })));
  return Object.fromEntries(DAYS.map(({ key }) => [key, of(key)])) as unknown as OpenWeek;
}

/** A working week, for a beginning. */
export function workingWeek(): OpenWeek {
  return weekOf([{ start: "09:00", end: "17:00" }], ["saturday", "sunday"]);
}

/** Minutes since midnight of "09:00" to "24:00"; null for anything else. */
export function minutesOf(time: string): number | null {
  const match = /^(\d{2}):([0-5]\d)$/.exec(time);
  if (!match) return null;
  const minutes = Number(match[1]) * 60 + Number(match[2]);
  return minutes <= DAY_MINUTES ? minutes : null;
}

function timeOf(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** What somebody typed as a time, written as times are: "9", "930", "5pm", "9.30". Unchanged if it is none. */
export function tidyTime(typed: string): string {
  const match = /^(\d{1,2})(?:[:.h]?(\d{2}))?\s*([ap])?\.?m?\.?$/i.exec(typed.trim());
  if (!match) return typed.trim();
  let hours = Number(match[1]);
  const half = match[3]?.toLowerCase();
  if (half) {
    if (hours < 1 || hours > 12) return typed.trim();
    hours = (hours % 12) + (half === "p" ? 12 : 0);
  }
  const time = `${String(hours).padStart(2, "0")}:${match[2] ?? "00"}`;
  return minutesOf(time) === null ? typed.trim() : time;
}

/** When a window closes, in minutes since the midnight before it opens. */
function endMinutes(start: number, end: number): number {
  return end <= start ? end + DAY_MINUTES : end;
}

/** Whether a window runs past midnight. */
export function pastMidnight({ start, end }: OpenWindow): boolean {
  const [from, to] = [minutesOf(start), minutesOf(end)];
  return from !== null && to !== null && to < from && to > 0;
}

/** A window in words: "09:00 to 17:00", "22:00 until 06:00 next day". */
export function windowWords(window: OpenWindow): string {
  return pastMidnight(window)
    ? `${window.start} until ${window.end} next day`
    : `${window.start} to ${window.end}`;
}

/** What is wrong, in sentences, by the place of the time that is wrong: "[0].start". */
type Problems = Record<string, string>;

/** What is wrong with the windows of one day. */
export function windowsProblems(windows: readonly OpenWindow[]): Problems {
  const last = windows.length - 1;
  if (last >= MAX_WINDOWS) {
    return { [`[${last}].start`]: `A day can have at most ${MAX_WINDOWS} windows.` };
  }
  const problems: Problems = {};
  const spans: { window: OpenWindow; index: number; start: number; end: number }[] = [];
  for (const [index, window] of windows.entries()) {
    const [start, end] = [minutesOf(window.start), minutesOf(window.end)];
    const noTime = "Write times from 00:00 to 24:00, such as 09:00.";
    if (start === null) problems[`[${index}].start`] = noTime;
    if (end === null) problems[`[${index}].end`] = noTime;
    if (start === null || end === null) continue;
    if (start === end || start === DAY_MINUTES) {
      problems[`[${index}].${start === DAY_MINUTES ? "start" : "end"}`] =
        `There is no time between ${window.start} and ${window.end}.`;
    } else {
      spans.push({ window, index, start, end: endMinutes(start, end) });
    }
  }
  spans.sort((one, other) => one.start - other.start);
  for (const [place, span] of spans.entries()) {
    const before = spans[place - 1];
    if (before && span.start < before.end) {
      problems[`[${span.index}].start`] =
        `${windowWords(before.window)} and ${windowWords(span.window)} overlap.`;
    }
  }
  return problems;
}

function under(place: string, problems: Problems): Problems {
  return Object.fromEntries(
    Object.entries(problems).map(([field, words]) => [place + field, words]),
  );
}

/** What is wrong with a week, by the place of the time: "week.monday[0].start". */
export function weekProblems(week: OpenWeek): Problems {
  const problems: Problems = {};
  const wrong = new Set<Day>();
  for (const { key } of DAYS) {
    const found = windowsProblems(week[key]);
    if (Object.keys(found).length > 0) wrong.add(key);
    Object.assign(problems, under(`week.${key}`, found));
  }
  for (const [index, { key }] of DAYS.entries()) {
    const before = DAYS[(index + 6) % 7]!;
    if (wrong.has(key) || wrong.has(before.key)) continue;
    for (const late of week[before.key]) {
      const spill = endMinutes(minutesOf(late.start)!, minutesOf(late.end)!) - DAY_MINUTES;
      const place = week[key].findIndex((window) => minutesOf(window.start)! < spill);
      const hit = week[key][place];
      if (hit) {
        problems[`week.${key}[${place}].start`] =
          `${windowWords(hit)} overlaps ${before.label}'s window, which is open until ${late.end}.`;
      }
    }
  }
  return problems;
}

/** What is wrong with dated exceptions, by their place and field. */
export function exceptionProblems(exceptions: readonly HoursException[]) {
  const problems: Problems = {};
  for (const [index, { date, windows }] of exceptions.entries()) {
    if (date === "") problems[`exceptions[${index}].date`] = "Choose a date.";
    else if (exceptions.slice(0, index).some((earlier) => earlier.date === date)) {
      problems[`exceptions[${index}].date`] = "This date is listed twice.";
    }
    Object.assign(problems, under(`exceptions[${index}].windows`, windowsProblems(windows)));
  }
  return problems;
}

/** One more window: after the last one, as far as the day reaches. */
export function nextWindow(windows: readonly OpenWindow[]): OpenWindow {
  const ends = windows.map(({ start, end }) => {
    const [from, to] = [minutesOf(start), minutesOf(end)];
    return from === null || to === null ? 0 : endMinutes(from, to);
  });
  if (ends.length === 0) return { start: "09:00", end: "17:00" };
  const start = Math.max(...ends) + 60;
  if (start >= DAY_MINUTES) return { start: "", end: "" };
  return { start: timeOf(start), end: timeOf(Math.min(start + 240, DAY_MINUTES)) };
}

/** The windows in the order in which they open; what is no time yet stays last. */
export function sorted(windows: readonly OpenWindow[]): OpenWindow[] {
  const key = ({ start }: OpenWindow) => minutesOf(start) ?? DAY_MINUTES + 1;
  return [...windows].sort((one, other) => key(one) - key(other));
}

/** The week with one day's windows on other days too. */
export function copyDay(week: OpenWeek, from: Day, to: readonly Day[]): OpenWeek {
  const copies = to.map((day) => [day, week[from].map((window) => ({ ...window }))]);
  return { ...week, ...Object.fromEntries(copies) };
}

/** A week at a glance: "Monday to Friday 09:00 to 17:00; closed on Saturday and Sunday." */
export function weekWords(week: OpenWeek): string {
  const runs: { from: Day; to: Day; words: string }[] = [];
  for (const { key } of DAYS) {
    const words = sorted(week[key]).map(windowWords).join(" and ") || "closed";
    const last = runs.at(-1);
    if (last?.words === words) last.to = key;
    else runs.push({ from: key, to: key, words });
  }
  return runs
    .map(({ from, to, words }) =>
      from === to ? `${dayLabel(from)} ${words}` : `${dayLabel(from)} to ${dayLabel(to)} ${words}`,
    )
    .join("; ");
}

/** Dated exceptions in the order of the calendar. */
export function byDate(exceptions: readonly HoursException[]): HoursException[] {
  return [...exceptions].sort((one, other) => one.date.localeCompare(other.date));
}
