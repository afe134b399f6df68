import { describe, expect, it } from "vitest";
import type { OpenWeek, OpenWindow } from "../api/types";
import {
  byDate,
  copyDay,
  exceptionProblems,
  minutesOf,
  nextWindow,
  sorted,
  tidyTime,
  weekOf,
  weekProblems,
  weekWords,
  windowsProblems,
  windowWords,
  workingWeek,
} from "./week";

/** "09:00-12:00 13:00-17:00" as windows. */
function windows(text: string): OpenWindow[] {
  return text.split(" ").flatMap((part) => {
    const [start, end] = part.split("-");
    return start !== undefined && end !== undefined ? [{ start, end }] : [];
  });
}

function week(days: Partial<Record<keyof OpenWeek, string>>): OpenWeek {
  const given = Object.entries(days).map(([day, text]) => [day, windows(text)]);
  return { ...weekOf([]), ...Object.fromEntries(given) };
}

describe("times", () => {
  const table: [string, number | null][] = [
    ["00:00", 0],
    ["09:30", 570],
    ["24:00", 1440],
    ["24:01", null],
    ["9:00", null],
    ["09:60", null],
    ["", null],
  ];
  it.each(table)("minutesOf %s", (time, minutes) => expect(minutesOf(time)).toBe(minutes));

  const typed: [string, string][] = [
    ["9", "09:00"],
    ["930", "09:30"],
    ["9.30", "09:30"],
    ["17:05", "17:05"],
    ["5pm", "17:00"],
    ["5:30 p.m.", "17:30"],
    ["12am", "00:00"],
    ["12 PM", "12:00"],
    ["24", "24:00"],
    ["25", "25"],
    ["13pm", "13pm"],
    ["noon", "noon"],
    ["", ""],
  ];
  it.each(typed)("tidyTime %s", (text, time) => expect(tidyTime(text)).toBe(time));
});

describe("windowsProblems (R12)", () => {
  // the windows, where something is wrong, and what
  const table: [string, string | null, string?][] = [
    ["", null],
    ["09:00-12:00 13:00-17:00", null],
    ["13:00-17:00 09:00-13:00", null],
    ["22:00-06:00", null],
    ["00:00-24:00", null],
    ["18:00-24:00", null],
    ["18:00-00:00", null],
    ["09:00-09:00", "[0].end", "no time between 09:00 and 09:00"],
    ["24:00-06:00", "[0].start", "no time between 24:00 and 06:00"],
    ["09:00-12:00 11:59-17:00", "[1].start", "09:00 to 12:00 and 11:59 to 17:00 overlap"],
    [
      "22:00-06:00 23:00-24:00",
      "[1].start",
      "22:00 until 06:00 next day and 23:00 to 24:00 overlap",
    ],
    ["9-17", "[0].start [0].end", "Write times"],
    ["09:00-17:00 18:00-x", "[1].end", "Write times"],
    ["25:00-17:00", "[0].start", "Write times"],
    ["11:00-13:00 09:00-12:00", "[0].start", "overlap"],
    ["09:00-24:30", "[0].end", "Write times"],
    [Array(13).fill("09:00-09:01").join(" "), "[12].start", "at most 12"],
  ];
  it.each(table)("%s", (text, places, words = "") => {
    const found = windowsProblems(windows(text));
    expect(Object.keys(found).join(" ")).toBe(places ?? "");
    for (const problem of Object.values(found)) expect(problem).toContain(words);
  });
});

describe("weekProblems (R12)", () => {
  const table: [string, Parameters<typeof week>[0], string[]][] = [
    ["nothing", {}, []],
    ["a night up to the next day's opening", { monday: "22:00-06:00", tuesday: "06:00-07:00" }, []],
    [
      "a night into the next day",
      { monday: "22:00-06:00", tuesday: "05:59-07:00" },
      ["week.tuesday[0].start"],
    ],
    [
      "Sunday night into Monday",
      { sunday: "22:00-06:00", monday: "00:00-24:00" },
      ["week.monday[0].start"],
    ],
    ["around the clock", { monday: "00:00-24:00", tuesday: "00:00-24:00" }, []],
    [
      "two days wrong",
      { monday: "1-2", friday: "09:00-09:00" },
      ["week.monday[0].start", "week.monday[0].end", "week.friday[0].end"],
    ],
  ];
  it.each(table)("%s", (_, days, wrong) => {
    expect(Object.keys(weekProblems(week(days)))).toEqual(wrong);
  });
});

describe("exceptionProblems (R12)", () => {
  const table: [string, [string, string][], string[]][] = [
    [
      "a holiday and a short day",
      [
        ["2026-12-25", ""],
        ["2026-12-24", "09:00-12:00"],
      ],
      [],
    ],
    ["no date yet", [["", ""]], ["exceptions[0].date"]],
    [
      "listed twice",
      [
        ["2026-12-25", ""],
        ["2026-12-25", ""],
      ],
      ["exceptions[1].date"],
    ],
    ["wrong windows", [["2026-12-24", "12:00-12:00"]], ["exceptions[0].windows[0].end"]],
  ];
  it.each(table)("%s", (_, list, wrong) => {
    const exceptions = list.map(([date, text]) => ({ date, windows: windows(text) }));
    expect(Object.keys(exceptionProblems(exceptions))).toEqual(wrong);
  });
});

describe("editing a week", () => {
  const next: [string, string][] = [
    ["", "09:00-17:00"],
    ["09:00-12:00", "13:00-17:00"],
    ["09:00-21:00", "22:00-24:00"],
    ["09:00-23:30", "-"],
    ["22:00-06:00", "-"],
  ];
  it.each(next)("the window after %s", (text, window) => {
    expect(nextWindow(windows(text))).toEqual(windows(window)[0]);
  });

  it("copies a day to others, and leaves what it copied from alone", () => {
    const before = week({ monday: "09:00-12:00 13:00-17:00", sunday: "10:00-11:00" });
    const after = copyDay(before, "monday", ["tuesday", "sunday"]);
    expect(after).toEqual(
      week({
        monday: "09:00-12:00 13:00-17:00",
        tuesday: "09:00-12:00 13:00-17:00",
        sunday: "09:00-12:00 13:00-17:00",
      }),
    );
    after.tuesday[0]!.start = "10:00";
    expect(after.monday[0]!.start).toBe("09:00");
    expect(before.sunday).toEqual(windows("10:00-11:00"));
  });

  it("sorts windows by opening, the unfinished last", () => {
    expect(sorted(windows("-x 13:00-17:00 09:00-12:00"))).toEqual(
      windows("09:00-12:00 13:00-17:00 -x"),
    );
  });

  it("sorts exceptions by date", () => {
    const dates = ["2026-12-25", "2026-12-24", "2027-01-01"];
    const sortedDates = byDate(dates.map((date) => ({ date, windows: [] }))).map(
      ({ date }) => date,
    );
    expect(sortedDates).toEqual(["2026-12-24", "2026-12-25", "2027-01-01"]);
  });

  const words: [string, OpenWeek, string][] = [
    ["a working week", workingWeek(), "Monday to Friday 09:00 to 17:00; Saturday to Sunday closed"],
    [
      "a night",
      week({ friday: "22:00-06:00" }),
      "Monday to Thursday closed; Friday 22:00 until 06:00 next day; Saturday to Sunday closed",
    ],
    ["always", weekOf(windows("00:00-24:00")), "Monday to Sunday 00:00 to 24:00"],
  ];
  it.each(words)("says %s in words", (_, days, text) => expect(weekWords(days)).toBe(text));

  it("says where a window ends", () => {
    expect(windows("22:00-06:00 18:00-24:00 18:00-00:00").map(windowWords)).toEqual([
      "22:00 until 06:00 next day",
      "18:00 to 24:00",
      "18:00 to 00:00",
    ]);
  });
});
