import { describe, expect, it } from "vitest";
import { actionWords, fieldChanges, readable, subjectWords } from "./audit";

describe("fieldChanges", () => {
  const table: [string, unknown, unknown, [string, string | null, string | null][]][] = [
    ["nothing", { a: 1 }, { a: 1 }, []],
    ["a number", { a: 1, b: "x" }, { a: 2, b: "x" }, [["a", "1", "2"]]],
    ["a switch", { enabled: false }, { enabled: true }, [["enabled", "off", "on"]]],
    ["a list", { roles: ["operator"] }, { roles: [] }, [["roles", "operator", "none"]]],
    ["something new", null, { name: "Ana" }, [["name", null, "Ana"]]],
    ["something gone", { name: "Ana" }, null, [["name", "Ana", null]]],
    ["not an object", "a", "b", [["", "a", "b"]]],
    ["nothing at all", null, undefined, []],
  ];
  it.each(table)("%s", (_, before, after, expected) => {
    expect(fieldChanges(before, after)).toEqual(
      expected.map(([field, from, to]) => ({ field, before: from, after: to })),
    );
  });
});

it("makes names readable", () => {
  expect(readable("user.updated")).toBe("User updated");
  expect(readable("threshold_minutes")).toBe("Threshold minutes");
});

describe("subjectWords", () => {
  const ID = "01a1eef5-0f00-77da-8a1a-e9fc66ec52fa";
  const table: [string, string, unknown, unknown, string | null][] = [
    ["a person", ID, null, { name: "Ana", email: "a@b" }, "Ana"],
    ["a number", ID, { number: "+1555" }, { number: "+1555" }, "+1555"],
    ["who is gone", ID, { name: "Ana" }, null, "Ana"],
    ["an id alone", ID, null, {}, null],
    ["a code alone", "inactivity_reply", null, {}, null],
    ["words", "ana@example.com", null, {}, "ana@example.com"],
  ];
  it.each(table)("%s", (_, subject, before, after, words) => {
    expect(subjectWords(subject, before, after)).toBe(words);
  });
});

it("has words for known and unknown actions", () => {
  expect(actionWords("user.create")).toBe("User added");
  expect(actionWords("something.new")).toBe("Something new");
});
