/**
 * What the carrier's published calculator takes for one character: grapheme clusters of Unicode 10,
 * with its own reading of some rules (decision 0022), the same as `domain/src/segment/graphemes.rs`.
 * A browser's own segmenter follows later versions of Unicode, each browser another one.
 */
import ranges from "./graphemes.txt?raw";

/** Unicode's property Grapheme_Cluster_Break, and the sorted ranges of those that have one. */
type Range = [start: number, end: number, kind: string];

const TABLE: Range[] = ranges
  .trim()
  .split("\n")
  .flatMap((line) => {
    const [kind, ...words] = line.split(" ");
    return words.map((word): Range => {
      const [start, end = start] = word.split("-");
      return [Number.parseInt(start!, 16), Number.parseInt(end!, 16), kind!];
    });
  })
  .sort(([one], [other]) => one - other);

function kindOf(code: number): string {
  if (code >= 0xac00 && code <= 0xd7a3) return (code - 0xac00) % 28 === 0 ? "LV" : "LVT";
  let low = 0;
  let high = TABLE.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (TABLE[middle]![0] <= code) low = middle + 1;
    else high = middle;
  }
  const [, end, kind] = TABLE[low - 1] ?? [0, -1, ""];
  return code <= end ? kind : "Other";
}

const FOLLOWS: Record<string, string[]> = {
  L: ["L", "V", "LV", "LVT"],
  V: ["V", "T"],
  LV: ["V", "T"],
  T: ["T"],
  LVT: ["T"],
  ZWJ: ["Glue_After_Zwj", "E_Base_GAZ"],
};

const isBase = (kind: string | undefined) => kind === "E_Base" || kind === "E_Base_GAZ";

/** Whether one more character belongs to those of a cluster. */
function joins(cluster: readonly string[], next: string): boolean {
  const last = cluster.at(-1);
  if (last === undefined || last === "Control" || next === "Control") return false;
  // After half a flag in the second place no more than one character joins.
  if (cluster[1] === "Regional_Indicator" && cluster.length > 2) return false;
  if (next === "Extend" || next === "ZWJ" || next === "SpacingMark") return true;
  if (last === "Prepend" || FOLLOWS[last]?.includes(next)) return true;
  if (next === "E_Modifier") {
    return last === "Extend" ? isBase(cluster.at(-2)) : isBase(last) && !cluster.includes("Extend");
  }
  return last === "Regional_Indicator" && next === last && cluster.length === 1;
}

/** A text, taken apart. CR and LF stay apart, too. */
export function graphemes(text: string): string[] {
  const parts: string[] = [];
  let cluster: string[] = [];
  for (const character of text) {
    const kind = kindOf(character.codePointAt(0)!);
    if (joins(cluster, kind)) {
      cluster.push(kind);
      parts[parts.length - 1] += character;
    } else {
      cluster = [kind];
      parts.push(character);
    }
  }
  return parts;
}
