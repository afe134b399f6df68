import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { characterName, countSegments, makePlain, plainFor } from "./segments";

const EXAMPLE =
  "Hello! I'm currently away from my desk. I look forward to replying to your message when I " +
  "return. Thank you for your patience and for texting with us.";

describe("countSegments", () => {
  // text, encoding, segments, units, left in the last segment
  const table: [string, string, string, number, number, number][] = [
    ["empty", "", "GSM-7", 0, 0, 160],
    ["160 plain", "a".repeat(160), "GSM-7", 1, 160, 0],
    ["161 plain", "a".repeat(161), "GSM-7", 2, 161, 145],
    ["306 plain", "a".repeat(306), "GSM-7", 2, 306, 0],
    ["307 plain", "a".repeat(307), "GSM-7", 3, 307, 152],
    ["1600 plain", "a".repeat(1600), "GSM-7", 11, 1600, 83],
    ["80 euro signs are 160 septets", "€".repeat(80), "GSM-7", 1, 160, 0],
    ["81 euro signs: 76 fit a part", "€".repeat(81), "GSM-7", 2, 162, 143],
    ["an escape pair is not parted", `${"a".repeat(152)}€${"b".repeat(10)}`, "GSM-7", 2, 164, 141],
    ["upper cedilla is GSM-7", "Ç", "GSM-7", 1, 1, 159],
    ["lower cedilla is not", "ç", "UCS-2", 1, 1, 69],
    ["70 wide", "ж".repeat(70), "UCS-2", 1, 70, 0],
    ["71 wide", "ж".repeat(71), "UCS-2", 2, 71, 63],
    ["134 wide", "ж".repeat(134), "UCS-2", 2, 134, 0],
    ["135 wide", "ж".repeat(135), "UCS-2", 3, 135, 66],
    ["35 emoji", "😀".repeat(35), "UCS-2", 1, 70, 0],
    ["17 flags", "🇩🇪".repeat(17), "UCS-2", 1, 68, 2],
    ["33 flags: a grapheme is not parted", "🇩🇪".repeat(33), "UCS-2", 3, 132, 63],
    ["9 families", "👩‍👩‍👧".repeat(9), "UCS-2", 2, 72, 59],
    ["36 emoji: a surrogate pair is not parted", "😀".repeat(36), "UCS-2", 2, 72, 61],
    ["line breaks are GSM-7", "a\r\nb", "GSM-7", 1, 4, 156],
    ["the example of the specification", EXAMPLE, "GSM-7", 1, 150, 10],
    ["with a curly apostrophe", EXAMPLE.replace("'", "’"), "UCS-2", 3, 150, 51],
  ];
  it.each(table)("%s", (_, text, encoding, segments, units, left) => {
    expect(countSegments(text)).toMatchObject({ encoding, segments, units, left });
  });

  it("knows 127 characters of one septet and 10 of two", () => {
    const sizes = { 1: 0, 2: 0 };
    for (let code = 0; code < 0x10000; code += 1) {
      const count = countSegments(String.fromCharCode(code));
      if (count.encoding === "GSM-7") sizes[count.units as 1 | 2] += 1;
    }
    expect(sizes).toEqual({ 1: 127, 2: 10 });
  });

  it("names each character outside GSM-7 once, in order", () => {
    expect(countSegments("I’m “here”, I’m 😀").outside).toEqual(["’", "“", "”", "😀"]);
  });
});

describe("makePlain", () => {
  const table: [string, string][] = [
    ["I’m here", "I'm here"],
    ["“Quoted” – yes…", '"Quoted" - yes...'],
    ["no\u00a0break", "no break"],
    ["zero\u200bwidth", "zerowidth"],
    ["façade 😀", "façade 😀"],
    // Spaces of every width, once each.
    [
      "a\u2000b\u2001c\u2004d\u2005e\u2006f\u2008g\u205fh\u1680i\u2800j\tk",
      "a b c d e f g h i j k",
    ],
    ["two\u2028lines\u2029here\u0085", "two\nlines\nhere\n"],
    // Direction marks and what else cannot be seen.
    ["\u200eMaria\u200f \u2068Lopez\u2069 \u202aat\u202c \u061c5", "Maria Lopez at 5"],
    ["\ufeffHi\u00ad \u180ethere\u2063 \u3164you\u034f\u0007\ufff9", "Hi there you"],
    ["plain\ufe0f\u200d text\u{e0041}\u{e0100}", "plain text"],
    // Beside letters of the other direction they mean something.
    ["שלום\u200f!", "שלום\u200f!"],
    ["Call \u2068محمد\u2069 now", "Call \u2068محمد\u2069 now"],
    // What makes an emoji, or shapes letters, stays in it.
    ["👩‍🚀 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👩‍🚀 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿"],
    ["می‌خواهم", "می‌خواهم"],
    // Letters and digits in another dress.
    ["ＳＭＳ ｔｅｘｔ ９５％", "SMS text 95%"],
    ["𝐇𝐞𝐥𝐥𝐨 𝓌𝑜𝓇𝓁𝒹 ᴛᴇxᴛ oﬃce №", "Hello world TExT office No"],
    ["e\u0301te\u0301 man\u0303ana", "été mañana"],
    ["½ cup, 1½ cups, ⅔", "1/2 cup, 1 1/2 cups, 2/3"],
    ["10 m² ① ≠", "10 m² ① ≠"],
    ["a ⸺ b ⁓ ‼ ⟮c⟯ ✻", "a - b ⁓ !! (c) *"],
    ["Ελλάδα", "Ελλάδα"],
  ];
  it.each(table)("%s", (text, plain) => {
    expect(makePlain(text)).toBe(plain);
  });

  it("leaves alone what is plain, and makes plain once", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const plain = makePlain(text);
        if (countSegments(text).encoding === "GSM-7") expect(plain).toBe(text);
        expect(makePlain(plain)).toBe(plain);
      }),
    );
  });

  it("only ever yields characters that GSM-7 has", { timeout: 60_000 }, () => {
    for (let code = 0; code < 0x20000; code += 1) {
      const character = String.fromCodePoint(code);
      const plain = plainFor(character);
      if (plain !== null) expect(countSegments(plain).encoding, code.toString(16)).toBe("GSM-7");
    }
  });
});

describe("characterName", () => {
  const table: [string, string][] = [
    ["’", "’"],
    ["\u00a0", "non-breaking space"],
    ["\u2003", "U+2003"],
    ["\u200e", "left-to-right mark"],
    ["\u2067", "U+2067"],
    ["\u3164", "U+3164"],
    ["\u2800", "U+2800"],
    ["😀", "😀"],
  ];
  it.each(table)("%j", (character, name) => {
    expect(characterName(character)).toBe(name);
  });
});
