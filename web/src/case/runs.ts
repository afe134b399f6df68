/**
 * How loudly a decision is said. What is ordinary, because a human was there or no reply is to be expected, stays
 * behind a small mark; what holds for several messages in a row is said once, under the newest. Pure.
 */
import type { Decision, Message } from "../api/types";

/** `full`: the sentence. `same`: that the reply below it is its reply as well. `brief`: the mark alone. */
export type Loudness = "full" | "same" | "brief";

/** Reasons under which nobody wonders where the automatic reply is. */
const ORDINARY = new Set<Decision["reason"]>([
  "answered",
  "closed",
  "disabled",
  "keyword",
  "operator_active",
  "recent_activity",
  "recent_human_message",
  "seen",
]);

function isOrdinary({ outcome, reason }: Decision): boolean {
  return outcome === "not_sent" && ORDINARY.has(reason);
}

function saysTheSame(one: Decision, other: Decision): boolean {
  if (one.outcome !== other.outcome) return false;
  if (one.outcome === "sent") return one.reply_message_id === other.reply_message_id;
  if (one.outcome === "watching") return one.reason === other.reason;
  return one.sentence === other.sentence;
}

/** How loudly the decision of each message is said, by the message's id; messages oldest first. */
export function loudness(
  messages: Pick<Message, "id" | "direction">[],
  decisions: ReadonlyMap<string, Decision>,
): Map<string, Loudness> {
  const said = new Map<string, Loudness>();
  let below: Decision | null = null;
  for (const { id, direction } of [...messages].reverse()) {
    if (direction === "outbound") below = null;
    const decision = decisions.get(id);
    if (!decision) continue;
    if (isOrdinary(decision)) {
      said.set(id, "brief");
    } else if (below && saysTheSame(decision, below)) {
      const hasReply = decision.outcome === "sent" || decision.outcome === "watching";
      said.set(id, hasReply && decision.reason !== "unassigned" ? "same" : "brief");
    } else {
      said.set(id, "full");
      below = decision;
    }
  }
  return said;
}
