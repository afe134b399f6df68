import { describe, expect, it } from "vitest";
import type { MyAutoReply } from "../api/types";
import { weekOf } from "../hours/week";
import { backAt, bodyFrom, type Draft, draftFrom, draftProblems, isChanged } from "./draft";

const ZONE = "America/New_York";
const NOW = Date.parse("2026-11-20T22:30:45Z"); // Friday, 5:30 PM in New York
type Saved = Pick<MyAutoReply, "away" | "office_hours" | "inactivity">;
type Away = NonNullable<MyAutoReply["away"]>;

const NOTHING: Saved = {
  inactivity: { enabled: false, message: "", threshold_minutes: null },
  away: null,
  office_hours: null,
};

const away = (starts_at: string, ends_at: string | null, part: Partial<Away> = {}): Saved => ({
  ...NOTHING,
  away: {
    enabled: true,
    title: "Leave",
    message: "Away.",
    starts_at,
    ends_at,
    time_zone: ZONE,
    ...part,
  },
});
const drafted = (saved: Saved) => draftFrom(saved, ZONE, NOW);
const edited = (saved: Saved, part: Partial<Draft["away"]>): Draft => {
  const draft = drafted(saved);
  return { ...draft, away: { ...draft.away, ...part } };
};

describe("draftFrom (R11)", () => {
  const days: [string, Saved, Partial<Draft["away"]>][] = [
    ["nothing yet", NOTHING, { enabled: false, wholeDays: true, startDate: "2026-11-20" }],
    [
      "whole days",
      away("2026-11-23T05:00:00Z", "2026-11-28T05:00:00Z"),
      { wholeDays: true, startDate: "2026-11-23", endDate: "2026-11-27", endless: false },
    ],
    [
      "exact times",
      away("2026-11-23T14:00:00Z", "2026-11-23T17:30:00Z"),
      {
        wholeDays: false,
        startDate: "2026-11-23",
        startTime: "09:00",
        endDate: "2026-11-23",
        endTime: "12:30",
      },
    ],
    ["until switched off", away("2026-11-23T05:00:00Z", null), { wholeDays: true, endless: true }],
    [
      "midnight, but of another zone",
      away("2026-11-23T05:00:00Z", null, { time_zone: "Europe/London" }),
      { wholeDays: false, timeZone: "Europe/London", startTime: "05:00" },
    ],
  ];
  it.each(days)("%s", (_, saved, part) => expect(drafted(saved).away).toMatchObject(part));
});

describe("bodyFrom", () => {
  it("sends nothing that nobody set up", () => {
    const draft = drafted(NOTHING);
    expect(isChanged(draft, drafted(NOTHING))).toBe(false);
    expect(bodyFrom(draft, drafted(NOTHING), NOTHING)).toEqual(NOTHING);
  });

  it("leaves instants that nobody touched to the millisecond (one reply per window)", () => {
    const saved = away("2026-11-23T14:00:12.345Z", "2026-11-23T17:30:00.001Z");
    const body = (part: Partial<Draft["away"]>) =>
      bodyFrom(edited(saved, part), drafted(saved), saved).away;
    expect(body({ message: "Other." })).toMatchObject({
      message: "Other.",
      starts_at: "2026-11-23T14:00:12.345Z",
      ends_at: "2026-11-23T17:30:00.001Z",
    });
    expect(body({ endTime: "13:00" })).toMatchObject({
      starts_at: "2026-11-23T14:00:12.345Z",
      ends_at: "2026-11-23T18:00:00.000Z",
    });
    expect(body({ endless: true })).toMatchObject({ ends_at: null });
  });

  it("means whole days in the operator's zone, over a change of clocks too", () => {
    const saved = NOTHING;
    const draft = edited(saved, {
      enabled: true,
      title: " Vacation ",
      message: " Away. ",
      startDate: "2027-03-12",
      endDate: "2027-03-14",
    });
    expect(bodyFrom(draft, drafted(saved), saved).away).toEqual({
      enabled: true,
      title: "Vacation",
      message: "Away.",
      starts_at: "2027-03-12T05:00:00.000Z",
      ends_at: "2027-03-15T04:00:00.000Z",
      time_zone: ZONE,
    });
  });

  it("sends the windows of a day in order", () => {
    const draft = drafted(NOTHING);
    draft.hours = {
      ...draft.hours,
      week: {
        ...weekOf([]),
        monday: [
          { start: "13:00", end: "17:00" },
          { start: "09:00", end: "12:00" },
        ],
      },
    };
    const body = bodyFrom(draft, drafted(NOTHING), NOTHING);
    expect(body.office_hours?.week.monday.map(({ start }) => start)).toEqual(["09:00", "13:00"]);
  });
});

describe("draftProblems", () => {
  const on: Partial<Draft["away"]> = { enabled: true, title: "Leave", message: "Away." };
  const table: [string, Partial<Draft["away"]>, string[]][] = [
    ["all well", on, []],
    ["no title and no text", { enabled: true }, ["away.message", "away.title"]],
    ["off, and still empty", { wholeDays: false }, []],
    ["no start", { ...on, startDate: "" }, ["away.starts_at"]],
    ["one whole day", { ...on, endDate: "2026-11-20" }, []],
    ["the last day before the first", { ...on, endDate: "2026-11-19" }, ["away.ends_at"]],
    [
      "an end at the start",
      { ...on, wholeDays: false, endDate: "2026-11-20", endTime: "09:00" },
      ["away.ends_at"],
    ],
    ["a time that is none", { ...on, wholeDays: false, startTime: "9h" }, ["away.starts_at"]],
    ["no end needed", { ...on, endless: true, endDate: "" }, []],
    ["an unknown zone", { ...on, timeZone: "Mars/Base" }, ["away.time_zone"]],
    ["an unknown variable", { ...on, message: "{{ x }}" }, ["away.message"]],
  ];
  it.each(table)("%s", (_, part, fields) => {
    expect(Object.keys(draftProblems(edited(NOTHING, part), drafted(NOTHING)))).toEqual(fields);
  });

  it("names the fields of office hours as the server does", () => {
    const base = drafted(NOTHING);
    const hours: Draft["hours"] = {
      ...base.hours,
      enabled: true,
      time_zone: "Mars/Base",
      week: { ...base.hours.week, monday: [{ start: "09:00", end: "09:00" }] },
      exceptions: [
        { date: "2026-12-25", windows: [] },
        { date: "2026-12-25", windows: [] },
      ],
    };
    expect(Object.keys(draftProblems({ ...base, hours }, base))).toEqual([
      "office_hours.message",
      "office_hours.time_zone",
      "office_hours.week.monday[0].end",
      "office_hours.exceptions[1].date",
    ]);
  });
});

describe("backAt", () => {
  const table: [string, string, Partial<Away>][] = [
    ["ends it at this minute", "2026-11-20T14:00:00Z", { ends_at: "2026-11-20T22:30:00.000Z" }],
    ["switches off what has only begun", "2026-11-20T22:30:10Z", { enabled: false, ends_at: null }],
  ];
  it.each(table)("%s", (_, start, part) => {
    expect(backAt(away(start, null), NOW).away).toMatchObject(part);
  });
});
