/** What is said where messages or records were deleted for their age. Pure. */
import type { Deleted, Message } from "../api/types";

function after(days: number | null | undefined): string {
  return days == null ? "" : ` after ${days} days`;
}

/** Before the first message that is left, or in the place of all of them. */
export function earlierWords(deleted: Deleted, someLeft: boolean): string {
  const what = someLeft
    ? "Earlier messages were deleted"
    : "The messages of this case were deleted";
  return `${what}${after(deleted.messages_days)}.`;
}

/** Under a customer's message that has no decision; null if that cannot be because of its age. */
export function recordGoneWords(message: Message, deleted: Deleted): string | null {
  if (message.direction !== "inbound" || !deleted.decisions_before) return null;
  if (Date.parse(message.created_at) >= Date.parse(deleted.decisions_before)) return null;
  return `The record of this decision was deleted${after(deleted.decisions_days)}.`;
}
