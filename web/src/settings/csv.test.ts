import { expect, it } from "vitest";
import { csv } from "./csv";

it.each([
  ["plain", "plain"],
  ["a, b", '"a, b"'],
  ['say "hi"', '"say ""hi"""'],
  ["two\nlines", '"two\nlines"'],
  ["=1+1", "'=1+1"],
  ["+12065550100", "'+12065550100"],
  ["-5", "'-5"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\tx", "'\tx"],
  ["\rx", '"\'\rx"'],
  ['=HYPERLINK("x"),1', '"\'=HYPERLINK(""x""),1"'],
  ["a=1", "a=1"],
  ["", ""],
])("%j", (text, written) => expect(csv([[text, "z"]])).toBe(`${written},z\r\n`));
