/** Messages begun but not sent, by case: kept in memory only, and for one person only. */
import { useSyncExternalStore } from "react";

/** What one saw of the case when one began to write. */
export interface Seen {
  /** Whose case it was. */
  operatorId: string | null;
  /** The newest message that a colleague had written to the customer. */
  answerId: string | null;
}

interface Draft {
  text: string;
  began: Seen | null;
}

let owner: string | null = null;
const drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();

function changed() {
  for (const listener of listeners) listener();
  // They are gone with the page, so the browser asks before it goes.
  const begun = [...drafts.values()].some(({ text }) => text.trim() !== "");
  if (begun) window.addEventListener("beforeunload", hold);
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

/** What was begun on a case, to the letter. */
export function draftText(caseId: string): string {
  return drafts.get(caseId)?.text ?? "";
}

/** What was begun on a case, to the letter, also while it changes. */
export function useDraftText(caseId: string): string {
  return useSyncExternalStore(subscribe, () => draftText(caseId));
}

/** What was begun on a case, also while it changes; empty if it is nothing but spaces. */
export function useDraft(caseId: string): string {
  const text = useDraftText(caseId);
  return text.trim() === "" ? "" : text;
}

/** What one saw of the case when one began; null if nothing is begun. */
export function draftBegan(caseId: string): Seen | null {
  const draft = drafts.get(caseId);
  return draft && draft.text.trim() !== "" ? draft.began : null;
}

/** Keeps what is being written on a case; `seen` is what one sees of it now, and counts if one begins. */
export function keepDraft(caseId: string, text: string, seen: Seen | null = null): void {
  if (text === "") drafts.delete(caseId);
  else drafts.set(caseId, { text, began: draftBegan(caseId) ?? seen });
  changed();
}

/** One has read what happened since one began. */
export function restartDraft(caseId: string, seen: Seen): void {
  const draft = drafts.get(caseId);
  if (draft) drafts.set(caseId, { ...draft, began: seen });
  changed();
}
