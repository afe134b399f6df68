import { afterEach, describe, expect, it } from "vitest";
import {
  ago,
  countdown,
  dayName,
  exactTime,
  fullTime,
  keepUnits,
  shortTime,
  since,
  stretch,
  timeOfDay,
} from "./format";
import { ownZone, showTimesFor } from "./shown";

const at = (text: string) => Date.parse(text);
const NOW = at("2026-11-18T14:05:00Z");

describe("stretch", () => {
  const table: [number, string][] = [
    [-5, "0 s"],
    [0, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_599_999, "59 min"],
    [3_600_000, "1 h"],
    [3_900_000, "1 h 5 min"],
    [86_400_000, "1 d"],
    [187_200_000, "2 d 4 h"],
  ];
  it.each(table)("%d ms: %s", (ms, words) => expect(stretch(ms)).toBe(words));
});

describe("keepUnits", () => {
  const table: [string, string][] = [
    ["the threshold is 10 min.", "the threshold is 10\u00a0min."],
    ["for 15 min 59 s; 1 h 5 min", "for 15\u00a0min 59\u00a0s; 1\u00a0h 5\u00a0min"],
    ["2 d 4 h", "2\u00a0d 4\u00a0h"],
    ["5 automatic replies within 24 h", "5 automatic replies within 24\u00a0h"],
    ["Case 7 seems minor, 3 shops", "Case 7 seems minor, 3 shops"],
  ];
  it.each(table)("%s", (text, kept) => expect(keepUnits(text)).toBe(kept));
});

describe("countdown", () => {
  const table: [number, string][] = [
    [-1, "0:00"],
    [2, "0:01"],
    [600_001, "10:00"],
    [545_000, "9:05"],
    [3_723_000, "1:02:03"],
  ];
  it.each(table)("%d ms: %s", (ms, words) => expect(countdown(ms)).toBe(words));
});

describe("ago", () => {
  const table: [number, string][] = [
    [-2000, "just now"],
    [4999, "just now"],
    [5000, "5 s ago"],
    [23_000, "20 s ago"],
    [60_000, "1 min ago"],
    [3_600_000, "1 h ago"],
    [90_000_000, "1 d ago"],
  ];
  it.each(table)("%d ms: %s", (ms, words) => expect(ago(NOW - ms, NOW)).toBe(words));
});

describe("dates", () => {
  const table: [string, string, string, string][] = [
    ["2026-11-18T09:00:00Z", "Today", "09:00", "09:00"],
    ["2026-11-17T23:59:00Z", "Yesterday", "17 Nov", "17 Nov, 23:59"],
    ["2026-11-16T08:00:00Z", "Monday 16 November", "16 Nov", "16 Nov, 08:00"],
    ["2025-11-16T08:00:00Z", "Sunday 16 November 2025", "16 Nov", "16 Nov, 08:00"],
  ];
  it.each(table)("%s", (instant, day, short, from) => {
    expect(dayName(at(instant), NOW, "en-GB", "UTC").replace(",", "")).toBe(day);
    expect(shortTime(at(instant), NOW, "en-GB", "UTC")).toBe(short);
    expect(since(at(instant), NOW, "en-GB", "UTC")).toBe(from);
  });
});

describe("times of the zone that a person has chosen", () => {
  const noon = at("2026-11-18T20:00:00Z");
  afterEach(() => {
    window.localStorage.clear();
    showTimesFor("", ownZone());
  });

  it("name their zone where the organization's clocks show something else", () => {
    const other = ownZone() === "Asia/Kolkata" ? "America/New_York" : "Asia/Kolkata";
    showTimesFor("ana", other);
    expect(timeOfDay(noon, "en-US")).toMatch(/ [AP]M \S+$/);
    expect(fullTime(noon, "en-US")).toMatch(/ [AP]M \S+$/);
    expect(shortTime(noon, noon, "en-US")).toMatch(/ [AP]M \S+$/);
    expect(exactTime(noon, "en-US")).toContain(`; `);
    expect(exactTime(noon, "en-US")).toContain(other);
  });

  it("do not name the organization's", () => {
    window.localStorage.setItem("backsoon.zone.ana", "organization");
    showTimesFor("ana", "America/Los_Angeles");
    expect(timeOfDay(noon, "en-US")).toMatch(/^12:00\sPM$/);
    expect(exactTime(noon, "en-US")).toMatch(
      /^Nov 18, 2026, 12:00\sPM, America\/Los_Angeles \(GMT-08:00\)$/,
    );
  });
});
