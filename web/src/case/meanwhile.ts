/** What colleagues did on a case since one began to write there (two people, one case). Pure. */
import type { Case, Message } from "../api/types";
import { ago } from "../time/format";
import type { Seen } from "./drafts";

/** The newest message that a colleague has written to the customer. */
function colleaguesAnswer(messages: readonly Message[], myId: string): Message | undefined {
  return messages.findLast(({ author }) => author.kind === "operator" && author.id !== myId);
}

/** What one sees of a case now. */
export function seenOf(item: Case, messages: readonly Message[], myId: string): Seen {
  return {
    operatorId: item.assigned_operator?.id ?? null,
    answerId: colleaguesAnswer(messages, myId)?.id ?? null,
  };
}

/** What to say before sending: a colleague answered, or has the case now; null if neither. */
export function meanwhile(
  began: Seen | null,
  item: Case,
  messages: readonly Message[],
  myId: string,
  nowMs: number,
): string | null {
  if (!began) return null;
  const answer = colleaguesAnswer(messages, myId);
  if (answer && answer.id !== began.answerId) {
    const when = ago(Date.parse(answer.created_at), nowMs);
    return `${answer.author.name || "A colleague"} answered ${when}, after you began.`;
  }
  const operator = item.assigned_operator;
  if (operator && operator.id !== myId && operator.id !== began.operatorId) {
    return `The case was assigned to ${operator.name} after you began.`;
  }
  return null;
}
