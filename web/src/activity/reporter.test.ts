import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createReporter } from "./reporter";

beforeEach(() => vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

type Step =
  | "input"
  | "hide" // the page loses focus or visibility
  | "show"
  | "flush"
  | "stop";

/** Plays steps at their seconds and answers the seconds at which something was reported. */
function play(steps: [number, Step][], untilSeconds = 300): number[] {
  const reports: number[] = [];
  let attended = true;
  const reporter = createReporter({
    now: () => Date.now(),
    attended: () => attended,
    report: () => reports.push(Date.now() / 1000),
    later: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  });
  for (const [second, step] of steps) {
    vi.advanceTimersByTime(second * 1000 - Date.now());
    if (step === "input") reporter.input();
    else if (step === "flush") reporter.flush();
    else if (step === "stop") reporter.stop();
    else attended = step === "show";
  }
  vi.advanceTimersByTime(untilSeconds * 1000 - Date.now());
  return reports;
}

const every = (fromSecond: number, toSecond: number, stepSeconds: number): [number, Step][] =>
  Array.from({ length: Math.floor((toSecond - fromSecond) / stepSeconds) + 1 }, (_, index) => [
    fromSecond + index * stepSeconds,
    "input",
  ]);

describe("activity reports (rule book, section 2)", () => {
  const table: [string, [number, Step][], number[]][] = [
    ["nothing without input: an abandoned page goes inactive", [], []],
    ["the first input at once", [[5, "input"]], [5]],
    [
      "a second one within 15 s at the end of the interval",
      [
        [5, "input"],
        [6, "input"],
      ],
      [5, 20],
    ],
    [
      "exactly 15 s later at once",
      [
        [5, "input"],
        [20, "input"],
      ],
      [5, 20],
    ],
    ["steady typing once per interval, and its last input", every(0, 40, 1), [0, 15, 30, 45]],
    [
      "after idleness at once again",
      [
        [0, "input"],
        [100, "input"],
        [101, "input"],
      ],
      [0, 100, 115],
    ],
    [
      "never from an unattended page",
      [
        [0, "hide"],
        [1, "input"],
        [30, "input"],
      ],
      [],
    ],
    [
      "an input held back is dropped when the page is left",
      [
        [0, "input"],
        [3, "input"],
        [4, "hide"],
      ],
      [0],
    ],
    [
      "back in time, the input held back is reported",
      [
        [0, "input"],
        [3, "input"],
        [4, "hide"],
        [10, "show"],
      ],
      [0, 15],
    ],
    [
      "an input after coming back, at once if the interval is over",
      [
        [0, "input"],
        [3, "input"],
        [4, "hide"],
        [60, "show"],
        [61, "input"],
      ],
      [0, 61],
    ],
    [
      "a flush reports what is held back, and only that",
      [
        [0, "input"],
        [3, "input"],
        [5, "flush"],
        [6, "flush"],
      ],
      [0, 5],
    ],
    [
      "a flush starts the next interval",
      [
        [0, "input"],
        [3, "input"],
        [5, "flush"],
        [16, "input"],
      ],
      [0, 5, 20],
    ],
    [
      "stopped, nothing more",
      [
        [0, "input"],
        [3, "input"],
        [5, "stop"],
      ],
      [0],
    ],
  ];
  it.each(table)("%s", (_, steps, reports) => {
    expect(play(steps)).toEqual(reports);
  });

  it("never reports twice within 15 s, whatever the input", () => {
    const reports = play(
      Array.from({ length: 400 }, (_, index): [number, Step] => [
        index * 0.7 + (index % 7) * 0.05,
        "input",
      ]),
      600,
    );
    for (let index = 1; index < reports.length; index += 1) {
      expect(reports[index]! - reports[index - 1]!).toBeGreaterThanOrEqual(15);
    }
  });
});
