import { expect, it } from "vitest";
import { showsSomething } from "./visible";

it.each(["a", "…", ".", "👍🏽", "1️⃣", "e\u0301", "\u2066!\u2069", "木", "ि", "\u200fש", "\ufffd"])(
  "%j shows",
  (text) => {
    expect(showsSomething(text)).toBe(true);
  },
);

it.each([
  "",
  " \t\n",
  "\u00a0\u3000\u205f",
  "\u200b",
  "\ufeff\u2060\u200d",
  "\u200e\u2066\u2069",
  "\u3164\u115f\uffa0",
  "\u2800",
  "\ufe0f\u{e0101}\u{e007f}",
  "\ufff9\ufffb",
  "\u0301",
  "\u0000\u001b",
])("%j shows nothing", (text) => {
  expect(showsSomething(text)).toBe(false);
});
