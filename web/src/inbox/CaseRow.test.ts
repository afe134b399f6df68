import { describe, expect, it } from "vitest";
import { snippetOf } from "./CaseRow";

describe("snippetOf", () => {
  // body, attachments, what the row says
  const table: [string, number, string][] = [
    ["Hello\n there", 0, "Hello there"],
    ["", 0, "(no text)"],
    ["", 2, "Attachment"],
    [" \u00a0\n", 0, "(no text)"],
    ["\u200b", 0, "(no text)"],
    ["\u3164", 0, "(no text)"],
    ["\u2800\u2800", 1, "Attachment"],
    ["\ufeff\u200e\ufe0f", 0, "(no text)"],
    ["\u0301", 0, "(no text)"],
    ["👍🏽", 0, "👍🏽"],
    ["…", 1, "…"],
  ];
  it.each(table)("%j with %d attachments", (body, attachments, says) => {
    const message = { body, attachments, author_kind: "customer" } as Parameters<
      typeof snippetOf
    >[0];
    expect(snippetOf(message, "me")).toBe(says);
  });
});
