/**
 * The desk's time: the server's clock as this page knows it. Every relative time on the pages is
 * computed from here, never from the computer's own clock alone, because the desk's clock may be
 * ahead (the demo), or stand still (tests), and computers' clocks are often wrong.
 */
import { useSyncExternalStore } from "react";

interface ServerClock {
  /** RFC 3339. */
  now: string;
  /** It stands still but for being moved by hand. */
  manual: boolean;
}

let offsetMs = 0;
let frozenAtMs: number | null = null;
const listeners = new Set<() => void>();
let ticker: number | undefined;

function notify() {
  for (const listener of listeners) listener();
}

/** Takes over what the server said, at the moment of its answer. */
export function syncClock(clock: ServerClock): void {
  const serverMs = Date.parse(clock.now);
  if (Number.isNaN(serverMs)) return;
  frozenAtMs = clock.manual ? serverMs : null;
  offsetMs = serverMs - Date.now();
  notify();
}

/** The desk's time in milliseconds since 1970. */
export function deskNow(): number {
  return frozenAtMs ?? Date.now() + offsetMs;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // One timer serves every ticking element of the page, and none runs where nothing ticks.
  ticker ??= window.setInterval(notify, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      window.clearInterval(ticker);
      ticker = undefined;
    }
  };
}

/** The desk's time, rounded down to whole steps: the component renders once per step. */
export function useDeskNow(stepMs = 1000): number {
  const snapshot = () => Math.floor(deskNow() / stepMs) * stepMs;
  return useSyncExternalStore(subscribe, snapshot);
}
