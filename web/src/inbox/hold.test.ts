import { describe, expect, it } from "vitest";
import type { Case } from "../api/types";
import { hold } from "./hold";

const cases = (ids: string) =>
  (ids === "" ? [] : ids.split(" ")).map((word) => {
    const [id, subject = ""] = word.split("=");
    return { id, subject } as Case;
  });

describe("hold (a list that is pointed at)", () => {
  const table: [what: string, frozen: string, items: string, shown: string, fresh: number][] = [
    ["nothing happened", "a b c", "a b c", "a b c", 0],
    ["a new one on top", "a b", "x a b", "a b", 1],
    ["two new ones", "a b", "x a y b", "a b", 2],
    ["one moved up", "a b c", "c a b", "a b c", 0],
    ["one went", "a b c", "a c", "a b c", 0],
    ["one changed", "a b", "a b=new", "a b=new", 0],
    ["the next page came", "a b", "a b c d", "a b c d", 0],
    ["the next page and a new one", "a b", "x a b c", "a b c", 1],
    ["all went", "a b", "", "a b", 0],
    ["nothing was shown", "", "a b", "a b", 0],
  ];
  it.each(table)("%s", (_, frozen, items, shown, fresh) => {
    const held = hold(cases(frozen), cases(items));
    const words = held.shown.map(({ id, subject }) => (subject ? `${id}=${subject}` : id));
    expect([words.join(" "), held.fresh]).toEqual([shown, fresh]);
  });
});
