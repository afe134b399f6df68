/**
 * Where the page is, as a location hook for wouter, with one addition: a page with unsaved changes
 * can hold every way of leaving it (links, back and forward, closing the tab) until it is asked.
 */
import { useEffect, useSyncExternalStore } from "react";

interface Options {
  replace?: boolean;
  state?: unknown;
}

const listeners = new Set<() => void>();
const guards = new Set<object>();

let path = window.location.pathname;
let search = window.location.search;
let moves = 0;

/** Where someone wanted to go while a page had unsaved changes. */
let held: { to: string; options: Options } | null = null;

function notify() {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function readLocation() {
  path = window.location.pathname;
  search = window.location.search;
  notify();
}

/** Goes to a page without asking: for when the page behind it is gone anyway. */
export function go(to: string, { replace = false, state = null }: Options = {}) {
  window.history[replace ? "replaceState" : "pushState"](state, "", to);
  moves += 1;
  readLocation();
}

/** Goes to a page, or asks first if there are unsaved changes on this one. */
export function navigate(to: string, options: Options = {}): void {
  const target = new URL(to, window.location.href);
  if (guards.size > 0 && target.pathname !== path) {
    held = { to, options };
    notify();
  } else {
    go(to, options);
  }
}

window.addEventListener("popstate", () => {
  const { pathname, search: query, hash } = window.location;
  if (guards.size > 0 && pathname !== path) {
    // The browser has gone already: come back before asking.
    window.history.pushState(null, "", path + search);
    held = { to: pathname + query + hash, options: {} };
    notify();
  } else {
    moves += 1;
    readLocation();
  }
});

/** The location hook for wouter's `<Router hook>`. */
export function useAppLocation(): [string, typeof navigate] {
  return [useSyncExternalStore(subscribe, () => path), navigate];
}

useAppLocation.searchHook = () => useSyncExternalStore(subscribe, () => search);

/** Whether the page was reached from within, not by loading it. */
export function movedWithin(): boolean {
  return moves > 0;
}

/** The way out that waits for an answer, if any. */
export function useHeldNavigation(): { leave: () => void; stay: () => void } | null {
  const waiting = useSyncExternalStore(subscribe, () => held);
  if (!waiting) return null;
  return {
    leave: () => {
      held = null;
      guards.clear();
      go(waiting.to, waiting.options);
    },
    stay: () => {
      held = null;
      notify();
    },
  };
}

/** Holds every way of leaving the page for as long as something is unsaved. */
export function useUnsavedGuard(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return;
    const guard = {};
    guards.add(guard);
    const beforeUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", beforeUnload);
    return () => {
      guards.delete(guard);
      window.removeEventListener("beforeunload", beforeUnload);
    };
  }, [unsaved]);
}
