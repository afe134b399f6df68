import { describe, expect, it } from "vitest";
import type { Stretch } from "../api/types";
import { midnights, shareOf, spanWords, type Tone, toneOf } from "./coverage";

describe("coverage (R14)", () => {
  const tones: [Stretch["kind"], Stretch["reason"], Tone][] = [
    ["away", "sent", "away"],
    ["inactivity", "sent", "inactivity"],
    [null, "personal_set_up", "gap"],
    [null, "disabled", "nothing"],
  ];
  it.each(tones)("%s, %s", (kind, reason, tone) => expect(toneOf({ kind, reason })).toBe(tone));

  const at = (text: string) => Date.parse(text);
  it("places a stretch on its strip, cut where the strip ends", () => {
    const week = [at("2026-11-20T00:00Z"), at("2026-11-30T00:00Z")] as const;
    const stretch = { from: "2026-11-21T00:00:00Z", to: "2026-11-23T12:00:00Z" };
    expect(shareOf(stretch, ...week)).toEqual({ left: 10, width: 25 });
    const beyond = { from: "2026-11-19T00:00:00Z", to: "2026-12-05T00:00:00Z" };
    expect(shareOf(beyond, ...week)).toEqual({ left: 0, width: 100 });
  });

  it("finds the midnights of a zone, also of days that begin at one o'clock", () => {
    const days = midnights(at("2018-11-02T12:00Z"), at("2018-11-05T12:00Z"), "America/Sao_Paulo");
    expect(days.map(({ ms }) => new Date(ms).toISOString().slice(0, 13))).toEqual([
      "2018-11-03T03",
      "2018-11-04T03",
      "2018-11-05T02",
    ]);
  });

  const spans: [string, string, string][] = [
    ["2026-11-20T14:00Z", "2026-11-20T22:00Z", "Fri, Nov 20, 9:00 AM to 5:00 PM"],
    ["2026-11-20T22:00Z", "2026-11-23T14:00Z", "Fri, Nov 20, 5:00 PM to Mon, Nov 23, 9:00 AM"],
  ];
  it.each(spans)("%s to %s", (from, to, words) => {
    const said = spanWords(at(from), at(to), "America/New_York", "en-US");
    expect(said.replaceAll("\u202f", " ")).toBe(words);
  });
});
