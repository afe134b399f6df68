import { describe, expect, it } from "vitest";
import type { Case } from "../api/types";
import { textedSince } from "./notify";

const at = (last_customer_message_at: string | null) => ({ last_customer_message_at }) as Case;
const SINCE = Date.parse("2026-11-18T12:00:00.000Z");

describe("textedSince", () => {
  const table: [string | null, number][] = [
    [null, 0],
    ["2026-11-18T11:59:59.999Z", 0],
    ["2026-11-18T12:00:00.000Z", 0],
    ["2026-11-18T12:00:00.001Z", 1],
  ];
  it.each(table)("%s: %d", (text, count) => {
    expect(textedSince([at(text)], SINCE)).toHaveLength(count);
  });
});
