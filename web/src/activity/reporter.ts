/**
 * When an operator's input is reported, after the rule book's "Activity": at once on the first
 * input after idleness, then at most every 15 s, the last input of an interval at its end, and
 * never from a hidden or unfocused page.
 *
 * No DOM and no clock of its own: time, timers and the page's state are handed in. A report that
 * fails is not repeated, because the server stamps it with the instant of arrival, which would be
 * later than the input was.
 */

export const INTERVAL_MS = 15_000;

export interface ReporterParts {
  /** Milliseconds from any origin, never going back. */
  now: () => number;
  /** Whether a human can be at this page: it is visible and has the focus. */
  attended: () => boolean;
  report: () => void;
  /** Runs a callback later; answers how to call it off. */
  later: (delayMs: number, run: () => void) => () => void;
}

export interface Reporter {
  /** A key, pointer press, wheel or touch. */
  input: () => void;
  /** Reports an input that is still held back, without waiting for the end of its interval. */
  flush: () => void;
  /** Forgets what is held back. */
  stop: () => void;
}

/** Builds a reporter. */
export function createReporter({ now, attended, report, later }: ReporterParts): Reporter {
  let reportedAt: number | null = null;
  let cancelTimer: (() => void) | null = null;

  function send() {
    reportedAt = now();
    report();
  }

  function drop() {
    cancelTimer?.();
    cancelTimer = null;
  }

  return {
    input() {
      if (!attended()) return;
      if (reportedAt === null || now() - reportedAt >= INTERVAL_MS) {
        drop();
        send();
      } else if (cancelTimer === null) {
        cancelTimer = later(reportedAt + INTERVAL_MS - now(), () => {
          cancelTimer = null;
          // The page may have been left since: then the input is not evidence for this instant.
          if (attended()) send();
        });
      }
    },
    flush() {
      if (cancelTimer === null) return;
      drop();
      if (attended()) send();
    },
    stop: drop,
  };
}
