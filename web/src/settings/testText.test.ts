import { describe, expect, it } from "vitest";
import type { TestText } from "../api/types";
import { isSettled, testTextView } from "./testText";

const AT = Date.parse("2026-11-23T09:00:00Z");

function sent(status: TestText["delivery"]["status"], error: string | null = null): TestText {
  return {
    message_id: "m",
    case_number: 7,
    phone: "+12065550117",
    phone_display: "+1 206 555 0117",
    body: "This is a test text.",
    delivery: { status, error, next_try_at: null },
    created_at: "2026-11-23T09:00:00Z",
  };
}

describe("a test text (U51)", () => {
  it.each([
    ["queued", "on its way to the carrier", "quiet", false],
    ["attempting", "on its way to the carrier", "quiet", false],
    ["sent", "handed over", "good", false],
    ["delivered", "delivered", "good", true],
    ["failed", "not delivered", "bad", true],
    ["cancelled", "not delivered", "bad", true],
    ["unconfirmed", "unconfirmed", "warn", true],
  ] as const)("that is %s says so", (status, words, tone, settled) => {
    const view = testTextView(sent(status), AT);
    expect(view.title).toBe(`Test text to +1 206 555 0117: ${words}`);
    expect(view.tone).toBe(tone);
    expect(isSettled(sent(status))).toBe(settled);
  });

  it("gives the carrier's reason", () => {
    expect(testTextView(sent("failed", "The number does not exist."), AT).words).toBe(
      "The number does not exist.",
    );
  });

  it("says what is waited for when the carrier does not take it", () => {
    const test = sent("queued");
    test.delivery.next_try_at = "2026-11-23T09:00:40Z";
    expect(testTextView(test, AT + 10_000).words).toBe(
      "The carrier did not take it, offered again in 30 s.",
    );
  });
});
