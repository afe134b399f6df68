import { describe, expect, it } from "vitest";
import type { Case } from "../api/types";
import { isNews } from "./notify";

const SINCE = Date.parse("2026-11-18T12:00:00.000Z");
const AFTER = "2026-11-18T12:00:00.001Z";

describe("isNews", () => {
  const table: [
    operator: string | null,
    at: string | null,
    waits: boolean,
    all: boolean,
    news: boolean,
  ][] = [
    ["me", null, true, true, false],
    ["me", "2026-11-18T11:59:59.999Z", true, true, false],
    ["me", "2026-11-18T12:00:00.000Z", true, true, false],
    ["me", AFTER, true, true, true],
    ["me", AFTER, true, false, true],
    ["me", AFTER, false, true, false],
    ["ben", AFTER, true, true, false],
    [null, AFTER, true, true, true],
    [null, AFTER, true, false, false],
  ];
  it.each(table)(
    "of %s, texted %s, waits %s, with unassigned %s: %s",
    (id, at, waits, all, news) => {
      const item = {
        assigned_operator: id === null ? null : { id, name: "" },
        last_customer_message_at: at,
        waiting_since: waits ? AFTER : null,
      } as Case;
      expect(isNews(item, SINCE, "me", all)).toBe(news);
    },
  );
});
