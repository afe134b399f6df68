/**
 * How a text travels as SMS: its encoding, its number of segments, and what forces the costlier
 * encoding. Pure. The numbers are those of GSM 03.38 and of Twilio's rules; what a carrier finally
 * bills is the carrier's word.
 */

export type Encoding = "GSM-7" | "UCS-2";

/** What a text costs to send. */
export interface SegmentCount {
  encoding: Encoding;
  segments: number;
  /** Septets for GSM-7, UTF-16 units for UCS-2, before any multi-part overhead. */
  units: number;
  /** How many more units fit into the last segment. */
  left: number;
  /** The distinct characters that GSM-7 lacks, in order of appearance. */
  outside: string[];
}

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);

/** Sent as an escape and a second septet, which may not be parted. */
const EXTENDED = new Set("\f^{}\\[~]|€");

const LIMITS = {
  "GSM-7": { single: 160, part: 153 },
  "UCS-2": { single: 70, part: 67 },
} as const;

/** Septets of one character, or null if GSM-7 does not have it. */
function septets(character: string): 1 | 2 | null {
  if (BASIC.has(character)) return 1;
  if (EXTENDED.has(character)) return 2;
  return null;
}

/** Counts a text. An empty one takes no segment. */
export function countSegments(text: string): SegmentCount {
  const characters = [...text];
  const outside = [...new Set(characters.filter((character) => septets(character) === null))];
  const encoding: Encoding = outside.length === 0 ? "GSM-7" : "UCS-2";
  const { single, part } = LIMITS[encoding];
  // A character of two units never straddles two segments, so sizes are packed one by one.
  const sizes = characters.map((character) =>
    encoding === "GSM-7" ? (septets(character) ?? 1) : character.length,
  );
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units === 0) return { encoding, segments: 0, units, left: single, outside };
  if (units <= single) return { encoding, segments: 1, units, left: single - units, outside };
  let segments = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > part) {
      segments += 1;
      used = 0;
    }
    used += size;
  }
  return { encoding, segments, units, left: part - used, outside };
}

/** Typographic characters and the plain ones that read the same. */
const PLAIN: Record<string, string> = {
  "‘": "'",
  "’": "'",
  "‚": "'",
  "‛": "'",
  "′": "'",
  "`": "'",
  "´": "'",
  ʼ: "'",
  "‹": "'",
  "›": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "‟": '"',
  "″": '"',
  "«": '"',
  "»": '"',
  "‐": "-",
  "‑": "-",
  "‒": "-",
  "–": "-",
  "—": "-",
  "―": "-",
  "−": "-",
  "…": "...",
  "•": "-",
  "·": "-",
  "\t": " ",
  "\u00a0": " ",
  "\u2002": " ",
  "\u2003": " ",
  "\u2007": " ",
  "\u2009": " ",
  "\u200a": " ",
  "\u202f": " ",
  "\u3000": " ",
  "\u2028": "\n",
  "\u2029": "\n",
  "\u00ad": "",
  "\u200b": "",
  "\u2060": "",
  "\ufeff": "",
};

/** The plain stand-in for a character, or null if there is none that reads the same. */
export function plainFor(character: string): string | null {
  return PLAIN[character] ?? null;
}

/** The same text with typographic characters made plain; everything else is left alone. */
export function makePlain(text: string): string {
  return [...text].map((character) => plainFor(character) ?? character).join("");
}

const INVISIBLE: Record<string, string> = {
  "\t": "tab",
  "\u00a0": "non-breaking space",
  "\u00ad": "soft hyphen",
  "\u200b": "zero-width space",
  "\u200d": "zero-width joiner",
  "\u2028": "line separator",
  "\u2029": "paragraph separator",
  "\u2060": "word joiner",
  "\ufe0f": "emoji variation mark",
  "\ufeff": "byte order mark",
};

/** A name to show for a character that may be invisible on the page. */
export function characterName(character: string): string {
  const known = INVISIBLE[character];
  if (known) return known;
  return /^[\s\p{Cf}\p{Cc}\p{M}]$/u.test(character)
    ? `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`
    : character;
}
