/**
 * Segments are those of Twilio's published calculator (decision 0022), here and in `domain`: what it says about the
 * texts below stands in a table that the Rust tests read. UPDATE=1 writes the table anew.
 */
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { SegmentedMessage } from "sms-segments-calculator";
import smartEncoding from "sms-segments-calculator/dist/libs/SmartEncodingMap";
import { describe, expect, it } from "vitest";
import { graphemes } from "./graphemes";
import ranges from "./graphemes.txt?raw";
import { countSegments, makePlain, plainFor } from "./segments";

const TABLE = "../crates/domain/tests/segments.json";

/** What people send, and what a rule about graphemes trips over. */
const PIECES = [
  ..."aZ 0@€^\r\n'’éçж木가ก",
  ..."👍🏽❤😀👩🚀🤝🧑🥷⚽☎\u200d\ufe0f\ufe0e\u20e3#1",
  ..."🇩🇪🇺🏴\u{e0067}\u{e007f}",
  ..."\u0301\u0302\u0338\u0489\u064b\u0e33\u093f\u094dक\u09be\u0bbe",
  ..."각각가\ua960\ud7b0\ud7cb",
  ..."\u0600\u070f\u{11a3a}\u{111c2}",
  ..."\u0000\u00ad\u061c\u200b\u200c\u200f\u2028\u2060\u2066\ufeff\ufff9\u{1d173}",
  "👩‍👩‍👧",
  "🧑🏽‍🚀",
  "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
  "1️⃣",
  "z̶̡̛a̸lg̷o̵",
];

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }) },
);
/** A text in parts, each so many times. */
type Parts = [part: string, times: number][];

const textOf = (parts: Parts) => parts.map(([part, times]) => part.repeat(times)).join("");

/** Texts around the ends of segments: short stretches repeated, behind a pad that may reach just before an end. */
const parts: fc.Arbitrary<Parts> = fc
  .tuple(
    fc.tuple(fc.constantFrom("a", "ж", "🇩🇪", "👍🏽"), fc.nat(160)),
    fc.array(
      fc.tuple(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 25 })),
      {
        maxLength: 6,
      },
    ),
  )
  .map(([pad, rest]) => [
    pad,
    ...rest.map(([some, times]): [string, number] => [some.join(""), times]),
  ]);

const WRITTEN = [
  ["🇩🇪", 17, 18, 33, 34, 50],
  ["👍🏽", 17, 18, 33, 34],
  ["👩‍👩‍👧‍👦", 6, 7, 13],
  ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", 5, 6, 9],
  ["1️⃣", 23, 24, 44, 45],
  ["❤️", 35, 36, 67],
  ["e\u0301", 35, 36, 66, 67],
  ["각", 70, 71, 134],
  ["각", 23, 24, 45],
  ["กำ", 35, 36, 67],
  ["क्षि", 17, 18, 34],
  ["🧑🏿‍🤝‍🧑🏻", 7, 8, 20],
  ["🥷🏽", 17, 18, 34],
  ["\r\n", 80, 81, 35, 36],
  ["€", 80, 81, 153],
  ["[a]", 32, 33, 62],
  ["z\u0336\u0321\u031b", 17, 18, 34],
] as const;

function rows(): [Parts, string, number][] {
  const written = WRITTEN.flatMap(([text, ...counts]) =>
    counts.flatMap((times): Parts[] => [
      [[text, times]],
      [
        [text, times],
        ["a", 1],
      ],
      [
        ["ж", 1],
        [text, times],
      ],
    ]),
  );
  const random = fc.sample(parts, { seed: 20261201, numRuns: 400 });
  return [...written, ...random]
    .filter((some) => textOf(some) !== "")
    .map((some) => {
      const { encodingName, segmentsCount } = new SegmentedMessage(textOf(some));
      return [some, encodingName, segmentsCount];
    });
}

// Hundreds of texts of many segments each, on whatever machine.
describe("the published calculator", { timeout: 120_000 }, () => {
  it("says what stands in the table for Rust", () => {
    const lines = rows().map((row) => JSON.stringify(row));
    const table = `[\n${lines.join(",\n")}\n]\n`;
    if (process.env.UPDATE) writeFileSync(TABLE, table);
    expect(readFileSync(TABLE, "utf8")).toBe(table);
  });

  it("counts as we do", () => {
    for (const [some, encoding, segments] of rows()) {
      expect(countSegments(textOf(some)), JSON.stringify(some)).toMatchObject({
        encoding,
        segments,
      });
    }
    fc.assert(
      fc.property(parts, (some) => {
        const text = textOf(some);
        const theirs = new SegmentedMessage(text);
        const ours = countSegments(text);
        expect(graphemes(text)).toEqual(theirs.graphemes);
        if (text === "") return;
        expect([ours.encoding, ours.segments]).toEqual([theirs.encodingName, theirs.segmentsCount]);
      }),
      { numRuns: 400 },
    );
  });

  it("knows the same kind of every character", () => {
    // Both ends of each range that has a kind, and every 37th character of the planes that have any.
    const ends = [...ranges.matchAll(/[0-9A-F]+(?=[ \n-])/g)].flatMap(([hex]) => {
      const code = Number.parseInt(hex, 16);
      return [code - 1, code, code + 1];
    });
    const sample = Array.from({ length: 0x34000 / 37 }, (_, at) => at * 37);
    // Beside a letter, an emoji, a modifier, half a flag, a joiner and Korean letters each kind shows.
    const beside = ["a", "👩", "🏽", "🇩", "\u200d🚀", "ᄀ", "ᅡ", "ᆨ"];
    for (const code of [...ends, ...sample].filter((code) => code >= 0)) {
      const character = String.fromCodePoint(code);
      const text = beside.map((other) => `${character}${other}${character}`).join("\n");
      expect(graphemes(text), code.toString(16)).toEqual(new SegmentedMessage(text).graphemes);
    }
  });

  it("has no smart encoding that we lack, but for the width of spaces", () => {
    const spaces = (text: string) => text.replace(/\s+/g, " ");
    for (const [character, plain] of Object.entries(smartEncoding)) {
      expect(spaces(plainFor(character) ?? character), characterOf(character)).toBe(spaces(plain));
      // Among 100 letters it goes, and the text is one segment.
      const text = makePlain(`${"x".repeat(50)}${character}${"x".repeat(50)}`);
      expect(countSegments(text), characterOf(character)).toMatchObject({
        encoding: "GSM-7",
        segments: 1,
      });
    }
  });
});

const characterOf = (character: string) => `U+${character.codePointAt(0)!.toString(16)}`;
