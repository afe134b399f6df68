import { describe, expect, it } from "vitest";
import { readFilter } from "./filter";

describe("readFilter", () => {
  const start = {
    status: "open",
    assignedTo: "me",
    waiting: false,
    failed: false,
    newest: false,
    q: "",
  };
  const table: [string | null, object][] = [
    [null, start],
    ["", start],
    ["nonsense", start],
    ["null", start],
    [
      '{"status":"closed","assignedTo":"none","waiting":true,"newest":true}',
      { status: "closed", assignedTo: "none", waiting: true, failed: false, newest: true, q: "" },
    ],
    ['{"status":"x","assignedTo":7,"q":"Jo"}', start],
  ];
  it.each(table)("%s", (stored, filter) => expect(readFilter(stored)).toEqual(filter));
});
