import { describe, expect, it } from "vitest";
import type { Deleted, Message } from "../api/types";
import { earlierWords, recordGoneWords } from "./deleted";

const DELETED: Deleted = {
  earlier_messages: true,
  messages_days: 90,
  decisions_before: "2026-11-18T12:00:00Z",
  decisions_days: 30,
};

describe("earlierWords", () => {
  const table: [Partial<Deleted>, boolean, string][] = [
    [{}, true, "Earlier messages were deleted after 90 days."],
    [{}, false, "The messages of this case were deleted after 90 days."],
    // The organization keeps them for ever by now.
    [{ messages_days: null }, true, "Earlier messages were deleted."],
  ];
  it.each(table)("%o, some left: %s", (change, someLeft, words) => {
    expect(earlierWords({ ...DELETED, ...change }, someLeft)).toBe(words);
  });
});

describe("recordGoneWords", () => {
  const GONE = "The record of this decision was deleted after 30 days.";
  const table: [Message["direction"], string, Partial<Deleted>, string | null][] = [
    ["inbound", "2026-11-18T11:59:59Z", {}, GONE],
    ["inbound", "2026-11-18T12:00:00Z", {}, null],
    ["outbound", "2026-11-18T11:59:59Z", {}, null],
    ["inbound", "2026-11-18T11:59:59Z", { decisions_before: null }, null],
    [
      "inbound",
      "2026-11-18T11:59:59Z",
      { decisions_days: null },
      "The record of this decision was deleted.",
    ],
  ];
  it.each(table)("%s at %s, %o", (direction, created_at, change, words) => {
    const message = { direction, created_at } as Message;
    expect(recordGoneWords(message, { ...DELETED, ...change })).toBe(words);
  });
});
