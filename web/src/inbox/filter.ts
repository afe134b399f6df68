/** Which cases the inbox shows. The choice survives a reload of the tab, the search does not. */
import { useState } from "react";
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

// Kept beside the component, because the list is gone while a phone shows a case.
let current: CaseFilter | null = null;

/** The inbox's filter and how to change it. */
export function useFilter(): [CaseFilter, (change: Partial<CaseFilter>) => void] {
  const [filter, setFilter] = useState(() => current ?? readFilter(stored()));
  return [
    filter,
    (change) => {
      const next = { ...filter, ...change };
      current = next;
      setFilter(next);
      try {
        const { q: _, ...kept } = next;
        window.sessionStorage.setItem(KEY, JSON.stringify(kept));
      } catch {
        // Without storage the choice holds until the page is closed.
      }
    },
  ];
}
