/** An operator's own Auto Replies while they are edited: wall times instead of instants. Pure. */
import type { MyAutoReply, MyAutoReplyInput, OwnOfficeHours } from "../api/types";
import {
  byDate,
  DAYS,
  exceptionProblems,
  minutesOf,
  sorted,
  weekProblems,
  workingWeek,
} from "../hours/week";
import { variableProblem } from "../text/variables";
import { showsSomething } from "../text/visible";
import { addDays, instantOf, isZone, wallAt } from "../time/zones";

export interface AwayDraft {
  enabled: boolean;
  title: string;
  message: string;
  timeZone: string;
  wholeDays: boolean;
  startDate: string;
  startTime: string;
  endless: boolean;
  /** With whole days the last one, which is included. */
  endDate: string;
  endTime: string;
}

export interface InactivityDraft {
  enabled: boolean;
  message: string;
  own: boolean;
  minutes: number | "";
}

export interface Draft {
  away: AwayDraft;
  hours: OwnOfficeHours;
  inactivity: InactivityDraft;
}

type Saved = Pick<MyAutoReply, "away" | "office_hours" | "inactivity">;

/** The zone in which an operator's days are shown: their own if they named one. */
export function ownZone(saved: Saved, organizationZone: string): string {
  return saved.away?.time_zone ?? saved.office_hours?.time_zone ?? organizationZone;
}

function awayDraft(saved: Saved, zone: string, nowMs: number): AwayDraft {
  const { away } = saved;
  const today = wallAt(nowMs, zone).date;
  const begins = {
    enabled: false,
    title: "",
    message: "",
    timeZone: zone,
    wholeDays: true,
    startDate: today,
    startTime: "09:00",
    endless: false,
    endDate: addDays(today, 6),
    endTime: "17:00",
  };
  if (!away) return begins;
  const startMs = Date.parse(away.starts_at);
  const endMs = away.ends_at == null ? null : Date.parse(away.ends_at);
  const start = wallAt(startMs, zone);
  const end = endMs === null ? null : wallAt(endMs, zone);
  const isMidnight = (ms: number, date: string) =>
    instantOf({ date, time: "00:00" }, zone, "start") === ms;
  const wholeDays =
    isMidnight(startMs, start.date) && (!end || endMs === null || isMidnight(endMs, end.date));
  const lastDay = end && (wholeDays ? addDays(end.date, -1) : end.date);
  return {
    ...begins,
    enabled: away.enabled,
    title: away.title,
    message: away.message,
    wholeDays,
    startDate: start.date,
    startTime: wholeDays ? begins.startTime : start.time,
    endless: end === null,
    endDate: lastDay ?? addDays(start.date, 6),
    endTime: wholeDays || !end ? begins.endTime : end.time,
  };
}

/** What is saved, as it is edited. */
export function draftFrom(saved: Saved, organizationZone: string, nowMs: number): Draft {
  const zone = ownZone(saved, organizationZone);
  return {
    away: awayDraft(saved, zone, nowMs),
    hours: saved.office_hours
      ? { ...saved.office_hours, exceptions: byDate(saved.office_hours.exceptions) }
      : {
          enabled: false,
          message: "",
          time_zone: organizationZone,
          week: workingWeek(),
          exceptions: [],
        },
    inactivity: {
      enabled: saved.inactivity.enabled,
      message: saved.inactivity.message,
      own: saved.inactivity.threshold_minutes != null,
      minutes: saved.inactivity.threshold_minutes ?? 10,
    },
  };
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** Whether something is not as it was. */
export function isChanged(draft: Draft, base: Draft): boolean {
  return !same(draft, base);
}

/** The first instant of the away message, and the first after it; null where it is none. */
export function awaySpan(away: AwayDraft): { startMs: number | null; endMs: number | null } {
  const { timeZone, wholeDays, startDate, endDate } = away;
  const startTime = wholeDays ? "00:00" : away.startTime;
  const startMs = instantOf({ date: startDate, time: startTime }, timeZone, "start");
  const endMs = wholeDays
    ? instantOf({ date: addDays(endDate, 1), time: "00:00" }, timeZone, "start")
    : instantOf({ date: endDate, time: away.endTime }, timeZone, "end");
  return { startMs, endMs: away.endless ? null : endMs };
}

function awayBody(draft: Draft, base: Draft, saved: Saved): MyAutoReplyInput["away"] {
  if (same(draft.away, base.away)) return saved.away ?? null;
  const { away } = draft;
  const span = awaySpan(away);
  const old = base.away;
  // An instant that nobody touched stays as it is to the millisecond: the window is known by its start.
  const kept = (fields: (keyof AwayDraft)[]) =>
    saved.away != null &&
    (["timeZone", "wholeDays", ...fields] as const).every((field) => away[field] === old[field]);
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    enabled: away.enabled,
    title: away.title.trim(),
    message: away.message.trim(),
    starts_at: kept(["startDate", "startTime"]) ? saved.away!.starts_at : (iso(span.startMs) ?? ""),
    ends_at: kept(["endless", "endDate", "endTime"]) ? saved.away!.ends_at! : iso(span.endMs)!,
    time_zone: away.timeZone,
  };
}

function hoursBody(draft: Draft, base: Draft, saved: Saved): MyAutoReplyInput["office_hours"] {
  if (same(draft.hours, base.hours)) return saved.office_hours ?? null;
  const { hours } = draft;
  const week = Object.fromEntries(DAYS.map(({ key }) => [key, sorted(hours.week[key])]));
  return {
    ...hours,
    message: hours.message.trim(),
    week: week as unknown as OwnOfficeHours["week"],
  };
}

/** What is sent to be saved. */
export function bodyFrom(draft: Draft, base: Draft, saved: Saved): MyAutoReplyInput {
  const { inactivity } = draft;
  return {
    inactivity: {
      enabled: inactivity.enabled,
      message: inactivity.message.trim(),
      threshold_minutes: inactivity.own && inactivity.minutes !== "" ? inactivity.minutes : null,
    },
    away: awayBody(draft, base, saved),
    office_hours: hoursBody(draft, base, saved),
  };
}

/** What is saved, but with the away message ended at an instant. */
export function backAt(saved: Saved, nowMs: number): MyAutoReplyInput {
  const { inactivity, away, office_hours } = saved;
  if (!away) return { inactivity, away: null, office_hours };
  // To the minute, as a person would say it; an away message of less than that is switched off.
  const endMs = Math.floor(nowMs / 60_000) * 60_000;
  const ended =
    endMs > Date.parse(away.starts_at)
      ? { ...away, ends_at: new Date(endMs).toISOString() }
      : { ...away, enabled: false };
  return { inactivity, away: ended, office_hours };
}

function textProblem(enabled: boolean, message: string): string | null {
  return (
    variableProblem(message) ??
    (enabled && !showsSomething(message) ? "A reply that is on needs a text." : null)
  );
}

function awayProblems(away: AwayDraft): Record<string, string> {
  const problems: Record<string, string> = {};
  const text = textProblem(away.enabled, away.message);
  if (text) problems["away.message"] = text;
  if (away.enabled && !showsSomething(away.title)) {
    problems["away.title"] = "Say in a word or two what it is about, such as Vacation.";
  }
  if (!isZone(away.timeZone)) {
    problems["away.time_zone"] = "Choose a time zone from the list.";
    return problems;
  }
  const isTime = (time: string) => away.wholeDays || (minutesOf(time) ?? 1440) < 1440;
  const { startMs, endMs } = awaySpan(away);
  if (startMs === null || !isTime(away.startTime)) {
    problems["away.starts_at"] = away.wholeDays ? "Choose a date." : "Choose a date and a time.";
  }
  if (away.endless) return problems;
  if (endMs === null || !isTime(away.endTime)) {
    problems["away.ends_at"] = away.wholeDays ? "Choose a date." : "Choose a date and a time.";
  } else if (startMs !== null && endMs <= startMs) {
    problems["away.ends_at"] = away.wholeDays
      ? "The last day must not be before the first."
      : "The end must be after the start.";
  }
  return problems;
}

function hoursProblems(hours: OwnOfficeHours): Record<string, string> {
  const problems: Record<string, string> = {};
  const text = textProblem(hours.enabled, hours.message);
  if (text) problems["office_hours.message"] = text;
  if (!isZone(hours.time_zone)) {
    problems["office_hours.time_zone"] = "Choose a time zone from the list.";
  }
  const grid = { ...weekProblems(hours.week), ...exceptionProblems(hours.exceptions) };
  for (const [field, problem] of Object.entries(grid)) {
    problems[`office_hours.${field}`] = problem;
  }
  return problems;
}

/** What the page can see to be wrong, by the field names that the server uses. */
export function draftProblems(draft: Draft, base: Draft): Record<string, string> {
  const { inactivity } = draft;
  const problems: Record<string, string> = {};
  // What nobody has begun to set up is not sent, so it cannot be wrong.
  if (!same(draft.away, base.away)) Object.assign(problems, awayProblems(draft.away));
  if (!same(draft.hours, base.hours)) Object.assign(problems, hoursProblems(draft.hours));
  const text = textProblem(inactivity.enabled, inactivity.message);
  if (text) problems["inactivity.message"] = text;
  const { minutes } = inactivity;
  const wrong = minutes === "" || !Number.isInteger(minutes) || minutes < 1 || minutes > 10_080;
  if (inactivity.own && wrong) {
    problems["inactivity.threshold_minutes"] = "Whole minutes from 1 to 10,080 (7 days).";
  }
  return problems;
}
