/** Messages begun but not sent, by case: kept in memory only, and for one person only. */

let owner: string | null = null;
const drafts = new Map<string, string>();

/** Starts over if someone else is signed in than the drafts belong to. */
export function forgetDrafts(userId: string): void {
  if (owner !== userId) drafts.clear();
  owner = userId;
}

/** What was begun on a case. */
export function draftOf(caseId: string): string {
  return drafts.get(caseId) ?? "";
}

/** Keeps what is being written on a case. */
export function keepDraft(caseId: string, text: string): void {
  if (text === "") drafts.delete(caseId);
  else drafts.set(caseId, text);
}
