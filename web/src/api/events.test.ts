import { expect, it } from "vitest";
import { staleKeys } from "./events";

const table: [string, string, string[][] | null][] = [
  ["message", '{"id":"m","case_id":"c"}', [["case", "c"]]],
  ["case", '{"id":"c","case_id":"c"}', [["case", "c"]]],
  ["decision", '{"id":"d","case_id":"c"}', [["case", "c"]]],
  ["message", "{}", [["cases"]]],
  ["presence", '{"id":"u"}', [["presence"]]],
  ["reset", "{}", null],
  ["reset", "", null],
  ["message", "not json", null],
];
it.each(table)("%s %s", (type, data, expected) => {
  expect(staleKeys(type, data)).toEqual(expected);
});
