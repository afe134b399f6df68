import { describe, expect, it } from "vitest";
import type { Case, Message } from "../api/types";
import { hintOf } from "./Composer";
import { meanwhile, seenOf } from "./meanwhile";

const NOW = Date.parse("2026-12-01T09:00:40Z");
const caseOf = (operator: string | null, status = "open", others: string[] = []) =>
  ({
    status,
    assigned_operator: operator === null ? null : { id: operator, name: operator.toUpperCase() },
    secondary_operators: others.map((id) => ({ id, name: id })),
  }) as Case;
const by = (id: string, kind = "operator", at = "2026-12-01T09:00:00Z") =>
  ({ id: `by ${id}`, author: { kind, id, name: id.toUpperCase() }, created_at: at }) as Message;

describe("what colleagues did since one began", () => {
  const table: [
    what: string,
    before: [Case, Message[]],
    now: [Case, Message[]],
    words: string | null,
  ][] = [
    ["nothing", [caseOf("me"), []], [caseOf("me"), []], null],
    ["the customer wrote", [caseOf(null), []], [caseOf(null), [by("c", "customer")]], null],
    ["one answered oneself", [caseOf("me"), []], [caseOf("me"), [by("me")]], null],
    ["the automatic reply", [caseOf("me"), []], [caseOf("me"), [by("x", "auto_reply")]], null],
    [
      "a colleague answered",
      [caseOf(null), []],
      [caseOf("ben"), [by("ben"), by("c", "customer")]],
      "BEN answered 40 s ago, after you began.",
    ],
    [
      "a colleague had answered before one began",
      [caseOf("ben"), [by("ben")]],
      [caseOf("ben"), [by("ben"), by("c", "customer")]],
      null,
    ],
    [
      "the case went to somebody else",
      [caseOf("me"), []],
      [caseOf("ben"), []],
      "The case was assigned to BEN after you began.",
    ],
    ["the case came to oneself", [caseOf("ben"), []], [caseOf("me"), []], null],
    ["the case was left to nobody", [caseOf("ben"), []], [caseOf(null), []], null],
  ];
  it.each(table)("%s", (_, before, now, words) => {
    expect(meanwhile(seenOf(...before, "me"), ...now, "me", NOW)).toBe(words);
    expect(meanwhile(null, ...now, "me", NOW)).toBeNull();
  });
});

describe("what sending does beside sending", () => {
  const table: [item: Case, words: string | null][] = [
    [caseOf("me"), null],
    [caseOf("ben", "open", ["me"]), null],
    [caseOf(null), "Sending assigns the case to you."],
    [caseOf("ben"), "Sending adds you to the case."],
    [caseOf("ben", "closed"), "Sending reopens the case and adds you to the case."],
  ];
  it.each(table)("%o", (item, words) => expect(hintOf(item, "me")).toBe(words));
});
