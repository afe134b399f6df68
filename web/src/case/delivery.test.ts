import { describe, expect, it } from "vitest";
import type { Message } from "../api/types";
import {
  autoReplyLabel,
  carrierWords,
  deliveryView,
  keywordLabel,
  lateExplanation,
} from "./delivery";

type Status = NonNullable<Message["delivery"]>["status"];
type Kind = Message["author"]["kind"];

const view = (status: Status, kind: Kind, error: string | null = null, optedOut = false) =>
  deliveryView(
    {
      delivery: { status, error, next_try_at: null },
      author: { kind, id: null, name: "Ana" },
    } as Pick<Message, "delivery" | "author">,
    optedOut,
  );

describe("deliveryView", () => {
  // status, author, label, tone, may be sent again
  const table: [Status, Kind, string, string, boolean][] = [
    ["queued", "operator", "Queued", "quiet", false],
    ["attempting", "operator", "Sending…", "quiet", false],
    ["sent", "operator", "Sent", "quiet", false],
    ["delivered", "operator", "Delivered", "good", false],
    ["failed", "operator", "Not delivered", "bad", true],
    ["failed", "auto_reply", "Not delivered", "bad", false],
    ["cancelled", "operator", "Not sent", "quiet", false],
    ["cancelled", "auto_reply", "Not sent", "quiet", false],
    ["unconfirmed", "operator", "Unconfirmed", "warn", true],
    ["unconfirmed", "auto_reply", "Unconfirmed", "warn", false],
  ];
  it.each(table)("%s by %s", (status, kind, label, tone, canSendAgain) => {
    expect(view(status, kind)).toMatchObject({ label, tone, canSendAgain });
  });

  it("warns that sending an unconfirmed message again may double it", () => {
    expect(view("unconfirmed", "operator")?.explanation).toContain("twice");
  });

  it.each(["failed", "unconfirmed"] as const)(
    "offers nothing that would be refused to who has opted out: %s (R15)",
    (status) => {
      const shown = view(status, "operator", null, true);
      expect(shown?.canSendAgain).toBe(false);
      expect(shown?.explanation).toContain("after they text START");
      expect(view(status, "auto_reply", null, true)?.explanation).not.toContain("START");
    },
  );

  it("says that an automatic reply is never sent twice (R19)", () => {
    expect(view("unconfirmed", "auto_reply")?.explanation).toContain("never sent twice");
  });

  it("gives the carrier's reason as a sentence", () => {
    expect(view("failed", "operator", "The number is a landline")?.explanation).toBe(
      "The number is a landline.",
    );
    expect(view("failed", "operator", "  ")?.explanation).toContain("without giving a reason");
  });

  it("has nothing to say about a customer's message", () => {
    expect(
      deliveryView({ delivery: null, author: { kind: "customer", id: null, name: "Jo" } }, false),
    ).toBeNull();
  });
});

describe("autoReplyLabel", () => {
  const table: [NonNullable<Message["auto_reply"]>["kind"], string][] = [
    ["inactivity", "inactivity"],
    ["personal_inactivity", "personal"],
    ["away", "away"],
    ["office_hours", "outside office hours"],
  ];
  it.each(table)("%s", (kind, words) => {
    const label = autoReplyLabel({ kind, decision_id: "d" });
    expect(label).toContain("Automatic reply");
    expect(label).toContain(words);
  });
});

describe("lateExplanation", () => {
  const when = () => "Monday at 9:00 AM";
  it("says when it was sent, and why it is here late", () => {
    const late = { backfilled: true, sent_at: "2026-11-23T09:00:00Z" };
    const words = lateExplanation(late, "Maria", when);
    expect(words).toContain("Maria sent this on Monday at 9:00 AM.");
    expect(words).toContain("never reached the desk");
    expect(lateExplanation({ ...late, sent_at: null }, "Maria", when)).toContain(
      "Maria sent this.",
    );
  });
  it("says nothing about a message that came in time", () => {
    expect(lateExplanation({ backfilled: false, sent_at: null }, "Maria", when)).toBeNull();
  });
});

describe("keywordLabel", () => {
  it("does not promise what an older keyword may not have done", () => {
    expect(keywordLabel({ keyword: "opt_out", backfilled: false })).toContain("no more messages");
    expect(keywordLabel({ keyword: "opt_out", backfilled: true })).toContain("Found late");
    expect(keywordLabel({ keyword: "help", backfilled: true })).toContain("carrier answers");
    expect(keywordLabel({ keyword: null, backfilled: true })).toBeNull();
  });
});

describe("carrierWords", () => {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  // status, next try in seconds after it was written, seconds since then, words
  const table: [Status, number | null, number, string | null][] = [
    ["attempting", null, 4, null],
    ["attempting", 20, 4, null],
    ["attempting", null, 5, "No answer from the carrier yet."],
    ["attempting", 20, 12, "No answer from the carrier yet, asked again in 8 s."],
    ["attempting", 60, 20, "No answer from the carrier yet, asked again in 40 s."],
    ["attempting", 180, 60, "No answer from the carrier yet, asked again in 2 min."],
    ["attempting", 20, 20, "No answer from the carrier yet, asked again now."],
    ["attempting", 20, 25, "No answer from the carrier yet, asked again now."],
    ["queued", null, 60, null],
    ["queued", 30, 18, "The carrier did not take it, offered again in 12 s."],
    ["queued", 30, 31, "The carrier did not take it, offered again now."],
    ["sent", null, 60, null],
    ["unconfirmed", null, 60, null],
  ];
  it.each(table)("%s, next try at %s s, after %s s", (status, nextTry, passed, words) => {
    const delivery = { status, error: null, next_try_at: nextTry === null ? null : at(nextTry) };
    expect(carrierWords({ delivery, created_at: at(0) }, passed * 1000)).toBe(words);
  });
});
