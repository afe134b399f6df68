/** How many customers wait for a word from oneself. */
import { type CaseFilter, useCases } from "../api/queries";

const MINE: CaseFilter = { status: "open", assignedTo: "me", waiting: true, q: "" };

/** "3", "50+" where there is more than a page of them, nothing if nobody waits. */
export function useWaitingCount(): string {
  const { data } = useCases(MINE);
  const first = data?.pages[0];
  if (!first || first.items.length === 0) return "";
  return `${first.items.length}${first.next_cursor == null ? "" : "+"}`;
}
