/** Which cases the inbox shows. The choice survives a reload of the tab; the search and the failed texts do not. */
import { useSyncExternalStore } from "react";
import type { CaseFilter } from "../api/caseList";

const KEY = "backsoon.inbox";

/** Reads a stored choice, of which nothing is taken for granted. */
export function readFilter(stored: string | null): CaseFilter {
  let value: Partial<CaseFilter> = {};
  try {
    value = (JSON.parse(stored ?? "{}") as Partial<CaseFilter> | null) ?? {};
  } catch {
    // A damaged choice is no choice.
  }
  return {
    status: value.status === "closed" ? "closed" : "open",
    assignedTo: value.assignedTo === "none" || value.assignedTo === "all" ? value.assignedTo : "me",
    waiting: value.waiting === true,
    failed: false,
    newest: value.newest === true,
    q: "",
  };
}

function stored(): string | null {
  try {
    return window.sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

// Kept beside the components, because the list is gone while a phone shows a case.
let current: CaseFilter | null = null;
const listeners = new Set<() => void>();

function filter(): CaseFilter {
  current ??= readFilter(stored());
  return current;
}

/** Changes which cases the inbox shows. */
export function changeFilter(change: Partial<CaseFilter>): void {
  current = { ...filter(), ...change };
  for (const listener of listeners) listener();
  try {
    const { q: _, failed: __, ...kept } = current;
    window.sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Without storage the choice holds until the page is closed.
  }
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The inbox's filter and how to change it. */
export function useFilter(): [CaseFilter, typeof changeFilter] {
  return [useSyncExternalStore(subscribe, filter), changeFilter];
}
