import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { keys, queryClient } from "../api/queries";
import type { CaseCounts } from "../api/types";
import { SESSION, serve, show, signedIn } from "../testing/render";
import { UnassignedNote, unassignedWords } from "./UnassignedNote";

signedIn();

const none = { open: 0, waiting: 0, failed: 0, oldest_waiting_since: null };
const counts = (open: number): CaseCounts => ({
  counted_up_to: 1000,
  mine: { ...none, open: 7 },
  unassigned: { ...none, open },
  all: { ...none, open: open + 7 },
});

describe("unassignedWords", () => {
  it.each([
    [0, "Every open case has an operator now."],
    [1, "1 open case is unassigned now."],
    [2, "2 open cases are unassigned now."],
    [1000, "1,000+ open cases are unassigned now."],
  ])("%d", (open, words) => {
    expect(unassignedWords(counts(open), 0)).toBe(words);
  });

  it("says how many customers wait, and for how long", () => {
    const waits = (waiting: number): CaseCounts => ({
      ...counts(3),
      unassigned: { ...none, open: 3, waiting, oldest_waiting_since: "2026-11-18T14:00:00Z" },
    });
    const now = Date.parse("2026-11-18T14:12:30Z");
    expect(unassignedWords(waits(1), now)).toBe(
      "3 open cases are unassigned now; 1 customer waits, the longest for 12 min.",
    );
    expect(unassignedWords(waits(1000), now)).toContain("1,000+ customers wait");
  });
});

describe("UnassignedNote (R3, R28)", () => {
  it("says how many open cases get no reply, and leads to the channels", async () => {
    serve(() => ({ status: 200, body: counts(3) }));
    show(<UnassignedNote />);
    await screen.findByText(/get no automatic reply. 3 open cases are unassigned now/);
    const link = screen.getByRole("link", { name: "choose who gets new customers" });
    expect(link.getAttribute("href")).toBe("/settings/channels");
  });

  it("says it also to a System Admin who is no operator", async () => {
    serve(() => ({ status: 200, body: counts(1) }));
    const user = { ...SESSION.user, roles: ["system_admin" as const] };
    queryClient.setQueryData(keys.session, { ...SESSION, user });
    show(<UnassignedNote />);
    await screen.findByText(/1 open case is unassigned now/);
  });
});
