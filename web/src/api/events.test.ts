import { expect, it } from "vitest";
import { staleKeys } from "./events";
import { queryClient } from "./queries";

const table: [string, string, string[][] | null][] = [
  ["message", '{"id":"m","case_id":"c"}', [["case", "c"]]],
  ["case", '{"id":"c","case_id":"c"}', [["case", "c"]]],
  ["decision", '{"id":"d","case_id":"c"}', [["case", "c"]]],
  ["message", "{}", [["cases"]]],
  ["presence", '{"id":"u"}', [["presence"]]],
  ["customer", '{"id":"jo"}', [["cases"], ["case", "c1"], ["case", "c3"]]],
  ["heartbeat", "{}", []],
  ["reset", "{}", null],
  ["reset", "", null],
  ["message", "not json", null],
];
// Of a customer's cases the page knows some.
for (const [id, customer] of [
  ["c1", "jo"],
  ["c2", "maria"],
  ["c3", "jo"],
]) {
  queryClient.setQueryData(["case", id], { customer: { id: customer } });
  queryClient.setQueryData(["case", id, "messages"], { messages: [] });
}

it.each(table)("%s %s", (type, data, expected) => {
  expect(staleKeys(type, data)).toEqual(expected);
});
