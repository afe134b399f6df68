import { describe, expect, it } from "vitest";
import { fieldChanges, readable } from "./audit";

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
