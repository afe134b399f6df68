/** The customers who wait for a word from oneself. */
import { type CaseFilter, useCases } from "../api/queries";
import type { Case } from "../api/types";

const MINE: CaseFilter = { status: "open", assignedTo: "me", waiting: true, q: "" };
const NOBODY: Case[] = [];

/** The newest of them, and how many they are: "3", "50+" where there is more than a page, nothing if nobody waits. */
export function useWaiting(): { cases: Case[]; count: string } {
  const { data } = useCases(MINE);
  const first = data?.pages[0];
  if (!first || first.items.length === 0) return { cases: NOBODY, count: "" };
  const more = first.next_cursor == null ? "" : "+";
  return { cases: first.items, count: `${first.items.length}${more}` };
}
