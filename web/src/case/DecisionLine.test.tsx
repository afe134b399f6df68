import { screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { show, signedIn } from "../testing/render";
import { syncClock } from "../time/clock";
import { DecisionLine } from "./DecisionLine";

signedIn();
afterEach(() => syncClock({ now: new Date().toISOString(), manual: false }));

const NOW = "2026-11-18T12:00:00Z";

describe("DecisionLine", () => {
  // outcome, due at, what is shown after the sentence
  const table: [
    Parameters<typeof DecisionLine>[0]["decision"]["outcome"],
    string | null,
    string,
  ][] = [
    ["sent", null, ""],
    ["not_sent", null, ""],
    ["cancelled", null, ""],
    ["watching", "2026-11-18T12:09:05Z", " Due in 9:05."],
    ["watching", "2026-11-18T11:59:59Z", " Due now."],
    ["watching", null, ""],
    // A watch that has ended may keep its instant: it counts down no more.
    ["sent", "2026-11-18T12:09:05Z", ""],
  ];
  it.each(table)("%s, due %s", (outcome, dueAt, after) => {
    syncClock({ now: NOW, manual: true });
    show(<DecisionLine decision={{ outcome, sentence: "The sentence.", due_at: dueAt }} />);
    expect(screen.getByText(/The sentence\./).textContent).toBe(`The sentence.${after}`);
  });
});
