import { describe, expect, it } from "vitest";
import {
  type CaseFilter,
  type CaseRows,
  compare,
  cursorOf,
  withCase,
  withFirstPage,
  withNextPage,
  withoutFarPages,
} from "./caseList";
import type { Case, CasePage } from "./types";

const FILTER: CaseFilter = {
  status: "open",
  assignedTo: "all",
  waiting: false,
  failed: false,
  newest: true,
  q: "",
};

/** "a9": the case a with a customer's text at minute 9; "a9w5" waits since minute 5; "a9@ben" is Ben's; "a9." is closed. */
function one(word: string): Case {
  const [, id, text, wait, operator, closed] =
    /^([a-z])(\d*)(?:w(\d+))?(?:@(\w+))?(\.)?$/.exec(word) ?? [];
  const at = (minute?: string) => (minute ? new Date(Number(minute) * 60_000).toISOString() : null);
  return {
    id,
    last_customer_message_at: at(text),
    created_at: at("1"),
    waiting_since: at(wait),
    assigned_operator: operator ? { id: operator, name: operator } : null,
    status: closed ? "closed" : "open",
  } as Case;
}
const many = (words: string) => (words === "" ? [] : words.split(" ").map(one));
const page = (words: string, next: string | null = null): CasePage => ({
  items: many(words),
  next_cursor: next,
});
const ids = ({ items }: { items: Case[] }) => items.map(({ id }) => id).join("");
const read = (...pages: CasePage[]): CaseRows => {
  const [first, ...rest] = pages as [CasePage, ...CasePage[]];
  return rest.reduce(withNextPage, withFirstPage(undefined, first, true));
};

describe("compare", () => {
  const table: [newest: boolean, words: string, order: string][] = [
    [true, "a1 b3 c2", "bca"],
    [true, "a b3 c", "bca"],
    [false, "a9 b8w8 c7w3 d2", "cbad"],
    [false, "a9w9. b1w1", "ba"],
    [false, "a9 b8", "ab"],
  ];
  it.each(table)("newest %s: %s", (newest, words, order) => {
    expect(ids({ items: many(words).sort((x, y) => compare(x, y, newest)) })).toBe(order);
  });
});

describe("a list that has been read further", () => {
  const known = read(page("a9 b8", "1"), page("c7 d6", "2"), page("e5 f4", "3"));

  const table: [what: string, first: CasePage, ids: string, cursor: string | null][] = [
    ["nothing happened", page("a9 b8", "1"), "abcdef", "3"],
    ["one came up", page("d10 a9", "x"), "dabcef", "3"],
    ["a new one", page("n10 a9", "x"), "nabcdef", "3"],
    ["one went", page("b8 c7", "x"), "bcdef", "3"],
    ["little is left", page("a9"), "a", null],
    ["nothing is left", page(""), "", null],
    ["all is new", page("x3 y2", "x"), "xy", "x"],
  ];
  it.each(table)("%s", (_, first, expected, cursor) => {
    const now = withFirstPage(known, first, true);
    expect([ids(now), cursorOf(now)]).toEqual([expected, cursor]);
  });

  it("keeps four pages at the beginning, and goes on from there", () => {
    const long = read(
      ...["a9 b8", "c7", "d6", "e5", "f4", "g3"].map((words) => page(words, words)),
    );
    const now = withoutFarPages(long);
    expect([ids(now), cursorOf(now)]).toEqual(["abcde", "e5"]);
    expect(ids(withNextPage(now, page("f4", null)))).toBe("abcdef");
    expect(withoutFarPages(now)).toBe(now);
  });
});

describe("a case that changed", () => {
  const put = (rows: CaseRows, word: string, change: Partial<CaseFilter> = {}) =>
    ids(withCase(rows, word.charAt(0), one(word), { ...FILTER, ...change }, "me"));
  const whole = read(page("a9 b8 c7"));
  const part = read(page("a9 b8 c7", "more"));

  const table: [
    what: string,
    rows: CaseRows,
    word: string,
    change: Partial<CaseFilter>,
    ids: string,
  ][] = [
    ["comes up", whole, "c10", {}, "cab"],
    ["is new", whole, "n10", {}, "nabc"],
    ["is new and last", whole, "n1", {}, "abcn"],
    ["is somewhere further down", part, "n1", {}, "abc"],
    ["was closed", whole, "b8.", {}, "ac"],
    ["was taken by somebody", whole, "b8@ben", { assignedTo: "none" }, "ac"],
    ["was handed to me", whole, "n10@me", { assignedTo: "me" }, "nabc"],
    ["is nobody's business of mine", whole, "n10@ben", { assignedTo: "me" }, "abc"],
    ["waits no more", whole, "b8", { waiting: true }, "ac"],
    ["begins to wait", whole, "c7w7", { newest: false }, "cab"],
    ["is found by a search as before", whole, "b10", { q: "x" }, "abc"],
    ["may be found by a search: the server tells", whole, "n10", { q: "x" }, "abc"],
  ];
  it.each(table)("%s", (_, rows, word, change, expected) => {
    expect(put(rows, word, change)).toBe(expected);
  });

  it("is gone", () => {
    expect(ids(withCase(whole, "b", null, FILTER, "me"))).toBe("ac");
    expect(withCase(whole, "x", null, FILTER, "me")).toBe(whole);
  });
});
