/** Messages begun but not sent, by case: kept in memory only, and for one person only. */
import { useSyncExternalStore } from "react";

let owner: string | null = null;
const drafts = new Map<string, string>();
const listeners = new Set<() => void>();

function changed() {
  for (const listener of listeners) listener();
  // They are gone with the page, so the browser asks before it goes.
  if (drafts.size > 0) window.addEventListener("beforeunload", hold);
  else window.removeEventListener("beforeunload", hold);
}

function hold(event: BeforeUnloadEvent) {
  event.preventDefault();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Starts over if someone else is signed in than the drafts belong to. */
export function forgetDrafts(userId: string): void {
  if (owner !== userId) {
    drafts.clear();
    changed();
  }
  owner = userId;
}

/** What was begun on a case. */
export function draftOf(caseId: string): string {
  return drafts.get(caseId) ?? "";
}

/** What was begun on a case, also while it changes. */
export function useDraft(caseId: string): string {
  return useSyncExternalStore(subscribe, () => draftOf(caseId));
}

/** Keeps what is being written on a case. */
export function keepDraft(caseId: string, text: string): void {
  if (text.trim() === "") drafts.delete(caseId);
  else drafts.set(caseId, text);
  changed();
}
