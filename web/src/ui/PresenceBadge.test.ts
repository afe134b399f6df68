import { describe, expect, it } from "vitest";
import { presenceWords } from "./PresenceBadge";

const LAST = Date.parse("2026-11-18T12:00:00.000Z");
const PRESENCE = {
  last_active_at: new Date(LAST).toISOString(),
  inactive_at: new Date(LAST + 600_001).toISOString(),
};

describe("presenceWords (R2: strictly longer than the threshold)", () => {
  const table: [number, boolean, RegExp][] = [
    [0, true, /^Active $/],
    [59_999, true, /^Active $/],
    [60_000, true, /^Active 1 min ago$/],
    [600_000, true, /^Active 10 min ago$/],
    [600_001, false, /^Inactive since \d/],
  ];
  it.each(table)("%d ms after the last activity", (passed, active, words) => {
    const state = presenceWords(PRESENCE, LAST + passed);
    expect(state.active).toBe(active);
    expect(`${state.state} ${state.detail}`).toMatch(words);
  });
});
