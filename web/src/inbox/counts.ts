/** How many customers wait for a word: one's own, and those whom nobody has taken yet. */
import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { ask, client } from "../api/client";
import { hasRole, keys, useSession } from "../api/queries";
import type { CaseCounts } from "../api/types";

const SETTING = "backsoon.unassigned";
const listeners = new Set<() => void>();

function read(): boolean {
  try {
    return window.localStorage.getItem(SETTING) !== "off";
  } catch {
    return true;
  }
}

let wanted = read();

/** Whether unassigned customers are counted and told of on this computer, as they are unless one turns it off. */
export function unassignedWanted(): boolean {
  return wanted;
}

/** The same for components. */
export function useUnassignedWanted(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, unassignedWanted);
}

/** Turns that on or off on this computer. */
export function setUnassignedWanted(on: boolean): void {
  wanted = on;
  try {
    window.localStorage.setItem(SETTING, on ? "on" : "off");
  } catch {
    // Without storage the choice holds until the page is closed.
  }
  for (const listener of listeners) listener();
}

const REFRESH_MS = 60_000;

/** The numbers of cases, open and waiting. Operators are told when they change; others look now and then. */
export function useCounts(): CaseCounts | undefined {
  const session = useSession();
  return useQuery({
    queryKey: keys.counts,
    queryFn: ({ signal }) => ask(client.GET("/api/v1/cases/counts", { signal })),
    refetchInterval: hasRole(session, "operator") ? false : REFRESH_MS,
  }).data;
}

/** A number as it is shown: "3", "1,000+" where counting stopped; nothing for 0. */
export function countWords(count: number, countedUpTo: number): string {
  if (count === 0) return "";
  return `${count.toLocaleString()}${count >= countedUpTo ? "+" : ""}`;
}

/** Who waits, as the badge says it and in words; both empty if nobody does. */
export function waitingWords(counts: CaseCounts | undefined, withUnassigned: boolean) {
  const mine = counts?.mine.waiting ?? 0;
  const unassigned = withUnassigned ? (counts?.unassigned.waiting ?? 0) : 0;
  const limit = counts?.counted_up_to ?? 0;
  const parts = [
    mine > 0 ? `${countWords(mine, limit)} waiting for you` : "",
    unassigned > 0 ? `${countWords(unassigned, limit)} unassigned` : "",
  ];
  const isMore = mine >= limit || unassigned >= limit;
  const sum = mine + unassigned;
  return {
    badge: sum === 0 ? "" : `${sum.toLocaleString()}${isMore ? "+" : ""}`,
    words: parts.filter((part) => part !== "").join(", "),
  };
}
