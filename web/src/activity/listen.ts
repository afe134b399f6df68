/**
 * Wires a reporter to the page: which events are input, and when the page is attended.
 *
 * Not input: synthetic events, keys that repeat by themselves, pointer movement, and presses on
 * elements marked `data-not-activity` (the demo's hand on the clock, which is no part of the desk,
 * just as its request is no activity).
 */
import { createReporter, type Reporter } from "./reporter";

const EVENTS = ["keydown", "pointerdown", "wheel", "touchstart", "touchmove"] as const;

/** Whether the page is visible and focused. */
export function attended(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** Whether an event is a human's input to the desk. */
export function isInput(event: Event): boolean {
  if (!event.isTrusted) return false;
  if (event instanceof KeyboardEvent && event.repeat) return false;
  return !(event.target instanceof Element && event.target.closest("[data-not-activity]"));
}

let lastInputMs = Number.NEGATIVE_INFINITY;
const listeners = new Set<() => void>();

/** When the last input was, on the scale of `performance.now()`. */
export function lastInputAt(): number {
  return lastInputMs;
}

/** Calls back on every input; answers how to end that. */
export function onInput(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let current: Reporter | null = null;
let signedInByHand = false;

/**
 * Somebody signed in by hand: that input is reported as soon as reports begin, because before it there was nobody
 * whose input it could be (rule book, "Activity"). Without input on the sign-in page, which was shown at `shownAt`
 * on the scale of `performance.now()`, nobody did: a password manager may sign in by itself.
 */
export function noteSignIn(shownAt: number): void {
  signedInByHand = lastInputMs >= shownAt;
}

/** Reports an input that is held back, at once: before the demo moves its clock. */
export function flushActivity(): void {
  current?.flush();
}

/** Notes input from now on, for `lastInputAt` and `onInput`. Called once, at start. */
export function listenForInput(): void {
  const heard = (event: Event) => {
    if (!attended() || !isInput(event)) return;
    lastInputMs = performance.now();
    for (const listener of listeners) listener();
  };
  for (const name of EVENTS) {
    window.addEventListener(name, heard, { capture: true, passive: true });
  }
}

/** Reports input until the returned function is called, beginning with the one that signed in. */
export function startReporting(report: () => void): () => void {
  const reporter = createReporter({
    now: () => performance.now(),
    attended,
    report,
    later: (delayMs, run) => {
      const timer = window.setTimeout(run, delayMs);
      return () => window.clearTimeout(timer);
    },
  });
  const end = onInput(reporter.input);
  current = reporter;
  if (signedInByHand) reporter.input();
  signedInByHand = false;
  return () => {
    end();
    reporter.stop();
    if (current === reporter) current = null;
  };
}
