import { describe, expect, it } from "vitest";
import type { CaseCounts } from "../api/types";
import { waitingWords } from "./counts";

const counts = (mine: number, unassigned: number) =>
  ({
    mine: { waiting: mine },
    unassigned: { waiting: unassigned },
    counted_up_to: 1000,
  }) as CaseCounts;

describe("waitingWords", () => {
  const table: [mine: number, unassigned: number, wanted: boolean, badge: string, words: string][] =
    [
      [0, 0, true, "", ""],
      [1, 0, true, "1", "1 waiting for you"],
      [0, 31, true, "31", "31 unassigned"],
      [2, 31, true, "33", "2 waiting for you, 31 unassigned"],
      [2, 31, false, "2", "2 waiting for you"],
      [0, 31, false, "", ""],
      [1, 1000, true, "1,001+", "1 waiting for you, 1,000+ unassigned"],
    ];
  it.each(table)("%d mine, %d unassigned, wanted %s", (mine, unassigned, wanted, badge, words) => {
    expect(waitingWords(counts(mine, unassigned), wanted)).toEqual({ badge, words });
  });

  it("says nothing before it knows", () => {
    expect(waitingWords(undefined, true)).toEqual({ badge: "", words: "" });
  });
});
