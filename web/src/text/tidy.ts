/**
 * What a missing value leaves behind (R23): the space and the sign before it, an empty pair of brackets. The server
 * does the same (`template/tidy.rs`); both are held to one table.
 */

/** Pairs that enclose nothing once a value is missing. */
const PAIRS = new Set(["()", "[]", "{}", '""', "''", "“”", "‘’", "„“", "«»"]);

/** Signs that follow a word without a space. */
const AFTER = /^[,.!?;:…)\]}»]/;

const withoutSpaces = (text: string) => text.replace(/ +$/, "");

/** A text in pieces, of which `null` is a value that is missing. */
export function tidied(pieces: readonly (string | null)[]): string {
  let text = "";
  let hole = false;
  let space = false;

  const dropSignBefore = (rest: string) => {
    const ends = rest === "" || rest.startsWith("\n") || AFTER.test(rest);
    const kept = text.replace(ends ? /[,\-–—;:]$/ : /[,\-–—]$/, "");
    if (kept !== text) text = withoutSpaces(kept);
  };

  const leaveOut = () => {
    if (hole) return;
    hole = true;
    space = text.endsWith(" ");
    text = withoutSpaces(text);
  };

  const fill = (piece: string) => {
    let rest = piece.replace(/^ +/, "");
    space ||= rest !== piece;
    while (text !== "" && PAIRS.has(text.slice(-1) + rest.slice(0, 1))) {
      const inner = rest.slice(1);
      text = withoutSpaces(text.slice(0, -1));
      rest = inner.replace(/^ +/, "");
      space ||= rest !== inner;
    }
    const begins = /(^|[\n([{«“„])$/.test(text);
    if (begins) rest = rest.replace(/^[,.!?;:\-–— ]+/, "");
    if (rest === "") return;
    hole = false;
    dropSignBefore(rest);
    const joined = begins || AFTER.test(rest) || rest.startsWith("\n");
    text += (space && !joined ? " " : "") + rest;
  };

  for (const piece of pieces) {
    if (piece === null) leaveOut();
    else if (hole) fill(piece);
    else text += piece;
  }
  if (hole) dropSignBefore("");
  return text;
}
