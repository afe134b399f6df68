/** What became of a test text, in words. Pure. */
import type { TestText } from "../api/types";
import { carrierWords, type Tone } from "../case/delivery";

export interface TestTextView {
  title: string;
  words: string;
  tone: Tone;
}

/** Whether nothing more is to be expected. */
export function isSettled({ delivery }: Pick<TestText, "delivery">): boolean {
  return !["queued", "attempting", "sent"].includes(delivery.status);
}

/** The state of a test text at an instant. */
export function testTextView(test: TestText, nowMs: number): TestTextView {
  const { delivery, phone_display: phone } = test;
  switch (delivery.status) {
    case "queued":
    case "attempting":
      return {
        title: `Test text to ${phone}: on its way to the carrier`,
        words: carrierWords(test, nowMs) ?? "It waits for its turn, as every text does.",
        tone: "quiet",
      };
    case "sent":
      return {
        title: `Test text to ${phone}: handed over`,
        words: "The carrier took it, and has not said yet whether it arrived.",
        tone: "good",
      };
    case "delivered":
      return {
        title: `Test text to ${phone}: delivered`,
        words: "The carrier says that it arrived. This number sends texts.",
        tone: "good",
      };
    case "unconfirmed":
      return {
        title: `Test text to ${phone}: unconfirmed`,
        words: "The carrier's answer was lost. Look at the phone whether the text is there.",
        tone: "warn",
      };
    default:
      return {
        title: `Test text to ${phone}: not delivered`,
        words: delivery.error ?? "The carrier refused it without giving a reason.",
        tone: "bad",
      };
  }
}
