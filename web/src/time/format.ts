/** Times and stretches of time in words. Pure: the instant "now" and the locale are arguments. */

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

/** The time of day. */
export function timeOfDay(instantMs: number, locale?: string, timeZone?: string): string {
  return formatOf(locale, { timeStyle: "short", timeZone }).format(instantMs);
}

function dayKey(instantMs: number, timeZone?: string): string {
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
    timeZone,
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
  return formatOf(locale, { month: "short", day: "numeric", timeZone }).format(instantMs);
}

/** Date and time in full, for tooltips and tables. */
export function fullTime(instantMs: number, locale?: string, timeZone?: string): string {
  return formatOf(locale, {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone,
  }).format(instantMs);
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
