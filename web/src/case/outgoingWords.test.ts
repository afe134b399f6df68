import { describe, expect, it } from "vitest";
import type { Outgoing } from "./outgoing";
import { outgoingView } from "./outgoingWords";

const NOW = 1_800_000_000_000;
const BASE: Outgoing = {
  id: "a",
  key: "a",
  caseId: "c",
  customer: "Maria",
  text: "Hello",
  again: null,
  pressedAtMs: NOW,
  keyFromMs: NOW,
  wantedAtMs: NOW - 180_000,
  state: "queued",
  cause: null,
  sentence: null,
  withOther: false,
  unsure: false,
  notBeforeMs: 0,
  triedAtMs: NOW,
  tries: 1,
};
const HERE = { nowMs: NOW, online: true, behind: false, mayDouble: false };

describe("what is said about a text on its way", () => {
  const table: [text: Partial<Outgoing>, facts: Partial<typeof HERE>, words: string][] = [
    [{ state: "sending" }, {}, "Sending…"],
    [
      { state: "sending", triedAtMs: NOW - 5_000 },
      {},
      "Sending… No answer from the desk's server yet.",
    ],
    [{ tries: 0 }, {}, "Sending…"],
    [{}, { behind: true }, "Waiting for the text before it"],
    [{ cause: "offline" }, { online: false }, "Waiting for the network"],
    [{ cause: "unanswered", unsure: true }, {}, "Waiting for the desk's server"],
    [{ cause: "busy", sentence: "Full." }, {}, "Waiting for the desk's server Full."],
    [
      { state: "held", cause: "offline" },
      {},
      "Not sent yet You were offline for 3 min. Send now? [Send now]",
    ],
    [
      { state: "held", cause: "offline" },
      { online: false },
      "Not sent yet You have been offline for 3 min. [Send now]",
    ],
    [
      { state: "held", cause: "unanswered", unsure: true },
      {},
      "Not sent yet The desk's server did not take it for 3 min. " +
        "The desk may have it already; it is not sent twice. Send now? [Send now]",
    ],
    [
      { state: "held", cause: "signed_out" },
      {},
      "Not sent yet You were signed out for 3 min. Send now? [Send now]",
    ],
    [{ state: "held" }, { behind: true }, "Not sent yet The text before it waits, too."],
    [{ state: "failed", sentence: "No." }, {}, "Not sent No. [Try again]"],
    [
      { state: "failed", withOther: true },
      {},
      "Not sent The text before it was not sent. [Try again]",
    ],
    [
      { state: "held", unsure: true },
      { mayDouble: true },
      "Not sent yet It is not known any more whether it was sent. " +
        "Look at the conversation before you send it again. [Send now]",
    ],
  ];
  it.each(table)("%o %o", (text, facts, words) => {
    const view = outgoingView({ ...BASE, ...text }, { ...HERE, ...facts });
    const retry = view.retry && `[${view.retry}]`;
    expect([view.label, view.explanation, retry].filter(Boolean).join(" ")).toBe(words);
  });
});
