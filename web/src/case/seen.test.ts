import { describe, expect, it } from "vitest";
import { shouldReportSeen } from "./seen";

const BASE = {
  assignedToMe: true,
  newestId: "m2",
  reportedId: "m1" as string | null,
  attended: true,
  appearedMs: 1000,
  lastInputMs: 1000,
};

describe("shouldReportSeen", () => {
  const table: [string, Partial<typeof BASE> & { newestId?: string | null }, boolean][] = [
    ["input since the message appeared", {}, true],
    ["never reported before", { reportedId: null }, true],
    ["no input since it appeared: the page may be abandoned", { lastInputMs: 999 }, false],
    ["no input at all: the page was reloaded by itself", { lastInputMs: -Infinity }, false],
    ["the page is hidden or unfocused", { attended: false }, false],
    ["someone else's case", { assignedToMe: false }, false],
    ["already reported", { reportedId: "m2" }, false],
    ["no customer message", { newestId: null as unknown as string }, false],
  ];
  it.each(table)("%s", (_, change, expected) => {
    expect(shouldReportSeen({ ...BASE, ...change })).toBe(expected);
  });
});
