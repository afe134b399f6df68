/**
 * Keys that work anywhere on a page. Single letters can be switched off (WCAG 2.1.4), because they
 * get in the way of speech input; the choice is kept in the browser.
 */
import { useEffect, useRef, useSyncExternalStore } from "react";

const SETTING = "backsoon.single-key-shortcuts";
const listeners = new Set<() => void>();

function read(): boolean {
  try {
    return window.localStorage.getItem(SETTING) !== "off";
  } catch {
    return true;
  }
}

let enabled = read();

/** Whether single letters act. */
export function useShortcutsEnabled(): [boolean, (value: boolean) => void] {
  const value = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => enabled,
  );
  return [
    value,
    (next) => {
      enabled = next;
      try {
        window.localStorage.setItem(SETTING, next ? "on" : "off");
      } catch {
        // Without storage the choice holds until the page is closed.
      }
      for (const listener of listeners) listener();
    },
  ];
}

/** Whether a key press belongs to something else: a field, a dialog, a menu, the browser. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (document.querySelector('[role="dialog"], [role="menu"]')) return true;
  const target = event.target;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest("input, textarea, select, [role=listbox], [role=combobox]") !== null)
  );
}

/** Calls back when a key is pressed outside of fields and dialogs. */
export function useShortcut(key: string, run: (event: KeyboardEvent) => void): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== key || isTaken(event)) return;
      if (key.length === 1 && !enabled) return;
      latest.current(event);
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [key]);
}
