import { describe, expect, it } from "vitest";
import type { Decision } from "../api/types";
import { loudness } from "./runs";

/** "sent:r1", "watching", "not_sent:seen": an outcome and what tells it from others; "out": a message to the customer. */
function conversation(words: string[]) {
  const messages = words.map((word, index) => ({
    id: String(index),
    direction: word === "out" ? ("outbound" as const) : ("inbound" as const),
  }));
  const decisions = new Map<string, Decision>();
  words.forEach((word, index) => {
    const [outcome, what = "operator_active"] = word.split(":");
    if (word === "out" || word === "-") return;
    decisions.set(String(index), {
      outcome,
      reason: outcome === "sent" ? "sent" : what,
      reply_message_id: outcome === "sent" ? what : null,
      sentence: `${outcome} ${what}`,
    } as Decision);
  });
  return [...loudness(messages, decisions)].reverse().map(([, said]) => said);
}

describe("loudness", () => {
  const table: [what: string, messages: string, said: string][] = [
    ["one reply to one text", "sent:r1 out", "full"],
    ["one reply to a run", "sent:r1 sent:r1 sent:r1 out", "same same full"],
    ["two replies", "sent:r1 out sent:r2 out", "full full"],
    ["a run that waits", "watching watching", "same full"],
    ["nobody is assigned", "watching:unassigned watching:unassigned", "brief full"],
    ["an ordinary talk", "not_sent:seen out not_sent:answered out", "brief brief"],
    ["the operator was there", "not_sent:operator_active", "brief"],
    ["the reply is off", "not_sent:disabled not_sent:disabled", "brief brief"],
    ["the loop guard", "not_sent:loop_guard not_sent:loop_guard", "brief full"],
    ["two reasons in one run", "not_sent:covered not_sent:stale", "full full"],
    ["an ordinary one among them", "sent:r1 not_sent:seen sent:r1 out", "same brief full"],
    [
      "the same again after a word to the customer",
      "not_sent:covered out not_sent:covered",
      "full full",
    ],
    ["no reply in an absence that had one", "sent:r1 out not_sent:already_replied", "full full"],
    ["cancelled", "cancelled:outdated", "full"],
    ["a reason that the page does not know", "not_sent:of_tomorrow", "full"],
    ["no decision", "- out", ""],
  ];
  it.each(table)("%s", (_, messages, said) => {
    expect(conversation(messages.split(" ")).join(" ")).toBe(said);
  });
});
