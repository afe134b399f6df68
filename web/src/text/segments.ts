/**
 * How a text travels as SMS: its encoding, its number of segments, and what forces the costlier
 * encoding. Pure. The numbers are those of GSM 03.38 and of Twilio's published calculator
 * (decision 0022); what a carrier finally bills is the carrier's word.
 */
import { graphemes } from "./graphemes";

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

/** Whether GSM-7 has every character of a text. */
function isGsm7(text: string): boolean {
  for (const character of text) if (septets(character) === null) return false;
  return true;
}

/** Counts a text. An empty one takes no segment. */
export function countSegments(text: string): SegmentCount {
  const characters = [...text];
  const outside = [...new Set(characters.filter((character) => septets(character) === null))];
  const encoding: Encoding = outside.length === 0 ? "GSM-7" : "UCS-2";
  const { single, part } = LIMITS[encoding];
  // What is one character to a reader never straddles two segments, so sizes are packed one by one.
  const sizes =
    encoding === "GSM-7"
      ? characters.map((character) => septets(character) ?? 1)
      : graphemes(text).map((grapheme) => grapheme.length);
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units === 0) return { encoding, segments: 0, units, left: single, outside };
  let segments = 1;
  let used = 0;
  // How much still stands in the first segment once it has to share its room with a header.
  let inFirst = 0;
  for (const size of sizes) {
    if (segments === 1 && used + size <= part) inFirst = used + size;
    if (used + size <= (segments === 1 ? single : part)) {
      used += size;
    } else {
      // What the header pushes out of the first segment goes before the next one, unmeasured.
      used = segments === 1 ? used - inFirst + size : size;
      segments += 1;
    }
  }
  const room = segments === 1 ? single : part;
  return { encoding, segments, units, left: Math.max(0, room - used), outside };
}

/**
 * Signs that put a text into UCS-2 without need, and the plain ones that read the same: those of
 * Twilio's "smart encoding" and their like. Spaces, dashes, invisible characters and letters in
 * another dress go by Unicode's categories instead. Where smart encoding makes two spaces of a space
 * and seven of a tab, here each is one, and the end of a line stays one.
 */
const STANDS_FOR: [plain: string, signs: string][] = [
  ["'", "‘’‛′‵`´ʹʻʼʽˈˊˋ❛❜＇\u0313\u0314︐︑"],
  ['"', "“”„‟″‶«»ʺˮ❝❞〝〞〟＂"],
  ["-", "‐‑‒–—―−⁃•·﹣－⎼⎽"],
  ["/", "÷⧸⁄∕／\u0337\u0338"],
  ["\\", "⧹⧵﹨＼\u20e5"],
  ["_", "‗＿\u0332"],
  ["|", "∣｜⎸⎹⏐⎜⎟\u20d2\u20d3"],
  ["!", "ǃ︕﹗！"],
  ["!!", "‼"],
  ["?", "︖﹖？"],
  [",", "‚、﹐﹑，､\u0326"],
  [".", "。﹒．｡"],
  [":", "ːˑ˸⦂꞉︓："],
  [";", "⁏︔﹔；"],
  ["...", "…⋯"],
  ["(", "❨❪﹙（⟮⦅"],
  [")", "❩❫﹚）⟯⦆"],
  ["{", "❴﹛｛"],
  ["}", "❵﹜｝"],
  ["[", "［❲"],
  ["]", "］❳"],
  ["<", "‹﹤＜"],
  [">", "›﹥＞"],
  ["*", "⁎∗⊛✢✣✤✥✱✲✳✺✻✼✽❃❉❊❋⧆﹡＊"],
  ["+", "˖﹢＋"],
  ["=", "꞊﹦＝\u0347"],
  ["~", "˜˷∼～〜\u0303\u0330\u0334"],
  ["^", "ˆ＾\u0302\u1dcd"],
  ["@", "﹫＠"],
  ["$", "﹩＄"],
  ["#", "﹟＃"],
  ["%", "﹪％"],
  ["&", "﹠＆"],
  ["\n", "\u0085\u2028\u2029"],
  [" ", "\t\u0080\u008d\u0090\u009b\u009f\u2800"],
];

/** Small capitals, which Unicode takes for letters of their own. */
const SMALL_CAPITALS = "ᴀA ʙB ᴄC ᴅD ᴇE ꜰF ɢG ʜH ɪI ᴊJ ᴋK ʟL ᴍM ɴN ᴏO ᴘP ʀR ꜱS ᴛT ᴜU ᴠV ᴡW ʏY ᴢZ";

const PLAIN = new Map<string, string>([
  ...STANDS_FOR.flatMap(([plain, signs]) =>
    [...signs].map((sign): [string, string] => [sign, plain]),
  ),
  ...SMALL_CAPITALS.split(" ").map((pair): [string, string] => [pair[0]!, pair[1]!]),
]);

/** Neither seen nor heard: formatting, controls, and what Unicode says to ignore. */
const INVISIBLE = /^[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]$/u;
/** Letters, digits and signs in another dress: wide, bold, joined. Not ², which means something else than 2. */
const DRESSED = /^[\p{L}\p{Nd}\p{P}\p{S}]$/u;
const FRACTION = /^[¼-¾⅐-⅞]$/u;
/** They turn the direction of reading, which only a text needs that has letters of both directions. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const RIGHT_TO_LEFT =
  /(?=\p{L})[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** The plain stand-in for a character, or null if there is none that reads the same. */
export function plainFor(character: string): string | null {
  const plain = PLAIN.get(character);
  if (plain !== undefined) return plain;
  if (isGsm7(character)) return null;
  if (/^\p{Zs}$/u.test(character)) return " ";
  if (/^\p{Pd}$/u.test(character)) return "-";
  if (INVISIBLE.test(character)) return "";
  const undressed = character.normalize("NFKC");
  if (FRACTION.test(character)) return undressed.replace("⁄", "/");
  return DRESSED.test(character) && isGsm7(undressed) ? undressed : null;
}

/** What a reader takes for one character, plain, if all of it can be: a joiner within an emoji stays. */
function plainGrapheme(grapheme: string): string {
  const composed = grapheme.normalize("NFC");
  if (isGsm7(composed)) return composed;
  let plain = "";
  for (const character of grapheme) {
    const instead = plainFor(character) ?? (isGsm7(character) ? character : null);
    if (instead === null) return grapheme;
    plain += instead;
  }
  return plain;
}

/** The same text with typographic characters made plain; everything else is left alone. */
export function makePlain(text: string): string {
  const keepsTurns = RIGHT_TO_LEFT.test(text);
  // "1½" is one and a half, not eleven halves.
  const apart = text.replace(/(?<=\p{Nd})(?=[¼-¾⅐-⅞])/gu, " ");
  return graphemes(apart)
    .map((grapheme) => (keepsTurns && TURNS.test(grapheme) ? grapheme : plainGrapheme(grapheme)))
    .join("");
}

const NAMES: Record<string, string> = {
  "\t": "tab",
  "\u00a0": "non-breaking space",
  "\u00ad": "soft hyphen",
  "\u200b": "zero-width space",
  "\u200d": "zero-width joiner",
  "\u200e": "left-to-right mark",
  "\u200f": "right-to-left mark",
  "\u2028": "line separator",
  "\u2029": "paragraph separator",
  "\u2060": "word joiner",
  "\ufe0f": "emoji variation mark",
  "\ufeff": "byte order mark",
};

/** A name to show for a character that may be invisible on the page. */
export function characterName(character: string): string {
  const known = NAMES[character];
  if (known) return known;
  return /^[\s\p{M}\u2800]$/u.test(character) || INVISIBLE.test(character)
    ? `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`
    : character;
}
