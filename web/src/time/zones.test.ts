import { describe, expect, it } from "vitest";
import { addDays, instantOf, isZone, wallAt, zoneNames } from "./zones";

describe("instantOf and wallAt (R11, R12)", () => {
  // zone, wall time, beginning, end
  const table: [string, string, string, string][] = [
    ["America/New_York", "2026-11-20 09:00", "2026-11-20T14:00Z", "2026-11-20T14:00Z"],
    ["America/New_York", "2027-03-14 02:30", "2027-03-14T07:00Z", "2027-03-14T07:00Z"],
    ["America/New_York", "2026-11-01 01:30", "2026-11-01T05:30Z", "2026-11-01T06:30Z"],
    ["Europe/London", "2026-03-29 01:30", "2026-03-29T01:00Z", "2026-03-29T01:00Z"],
    ["Europe/London", "2026-10-25 01:30", "2026-10-25T00:30Z", "2026-10-25T01:30Z"],
    ["Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:30Z", "2026-10-03T15:30Z"],
    ["Australia/Lord_Howe", "2027-04-04 01:45", "2027-04-03T14:45Z", "2027-04-03T15:15Z"],
    ["America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04T03:00Z", "2018-11-04T03:00Z"],
    ["Asia/Kathmandu", "2026-06-01 12:00", "2026-06-01T06:15Z", "2026-06-01T06:15Z"],
    ["Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00Z", "2011-12-30T10:00Z"],
    ["UTC", "2028-02-29 23:59", "2028-02-29T23:59Z", "2028-02-29T23:59Z"],
  ];
  it.each(table)("%s, %s", (zone, wall, start, end) => {
    const [date, time] = wall.split(" ") as [string, string];
    const iso = (side: "start" | "end") => {
      const instant = instantOf({ date, time }, zone, side);
      return instant && new Date(instant).toISOString().replace(":00.000Z", "Z");
    };
    expect([iso("start"), iso("end")]).toEqual([start, end]);
  });

  it("reads back what it wrote", () => {
    const at = Date.parse("2026-11-20T22:05:00Z");
    const wall = wallAt(at, "Australia/Lord_Howe");
    expect(wall).toEqual({ date: "2026-11-21", time: "09:05" });
    expect(instantOf(wall, "Australia/Lord_Howe", "start")).toBe(at);
  });

  it.each([
    ["", "09:00"],
    ["2026-13-01", "09:00"],
    ["2026-11-20", ""],
  ])("%s %s is none", (date, time) => {
    expect(instantOf({ date, time }, "UTC", "start")).toBeNull();
  });
});

describe("zones and dates", () => {
  it("knows zones from other words", () => {
    expect([isZone("Europe/London"), isZone("Mars/Base")]).toEqual([true, false]);
    expect(zoneNames("Mars/Base")[0]).toBe("Mars/Base");
  });

  it.each([
    ["2026-12-31", 1, "2027-01-01"],
    ["2028-03-01", -1, "2028-02-29"],
    ["", 1, ""],
  ])("%s %i", (date, days, other) => expect(addDays(date, days)).toBe(other));
});
