/**
 * Wall times in a zone, and the instants they mean. As the server does it (rule book, R12): in a gap
 * the first instant after it; where a time comes twice, a beginning is the first and an end the second.
 */

const HOUR = 3_600_000;
/** Further apart than any two offsets: so far from a wall time only one offset can be meant. */
const FAR = 36 * HOUR;

/** A date and a time of day, as a calendar and a clock on the wall show them. */
export interface Wall {
  /** Such as "2026-11-20". */
  date: string;
  /** Such as "17:00". */
  time: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "iso8601",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** The wall time as if it were UTC, in milliseconds. */
function wallMs(instantMs: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(instantMs);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const [year, month, day] = [of("year"), of("month"), of("day")];
  return Date.UTC(year, month - 1, day, of("hour"), of("minute"), of("second"));
}

function offsetMs(instantMs: number, timeZone: string): number {
  return wallMs(instantMs, timeZone) - Math.floor(instantMs / 1000) * 1000;
}

/** What calendar and clock show at an instant. */
export function wallAt(instantMs: number, timeZone: string): Wall {
  const text = new Date(wallMs(instantMs, timeZone)).toISOString();
  return { date: text.slice(0, 10), time: text.slice(11, 16) };
}

/** The first instant between two with other offsets at which the later offset holds. */
function jumpBetween(fromMs: number, toMs: number, timeZone: string): number {
  const after = offsetMs(toMs, timeZone);
  let [low, high] = [fromMs, toMs];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (offsetMs(middle, timeZone) === after) high = middle;
    else low = middle;
  }
  return high;
}

/** The instant that a wall time means; null if it is no date and time. */
export function instantOf(wall: Wall, timeZone: string, side: "start" | "end"): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(wall.date) || !/^\d{2}:\d{2}$/.test(wall.time)) return null;
  const local = Date.parse(`${wall.date}T${wall.time}:00Z`);
  if (Number.isNaN(local)) return null;
  const [before, after] = [local - FAR, local + FAR];
  const offsets = [offsetMs(before, timeZone), offsetMs(after, timeZone)];
  const meant = offsets
    .map((offset) => local - offset)
    .filter((instant) => wallMs(instant, timeZone) === local);
  if (meant.length === 0) return jumpBetween(before, after, timeZone);
  return side === "start" ? Math.min(...meant) : Math.max(...meant);
}

/** The date so many days later. */
export function addDays(date: string, days: number): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(at) ? date : new Date(at + days * 24 * HOUR).toISOString().slice(0, 10);
}

/** Whether the browser knows a zone. */
export function isZone(timeZone: string): boolean {
  try {
    formatOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** The zones to choose from, with the ones that are already in use first if the browser lists them otherwise. */
export function zoneNames(...inUse: string[]): string[] {
  const known = Intl.supportedValuesOf("timeZone");
  return [
    ...new Set([...inUse.filter((zone) => zone !== "" && !known.includes(zone)), ...known, "UTC"]),
  ];
}
