/**
 * The variables of R23, and what they look like filled in. The server fills them for real; here
 * they only serve the editor: insertion, an early word about unknown ones, and the preview.
 */

import { tidied } from "./tidy";

export interface Variable {
  name: string;
  label: string;
  sample: string;
  note?: string;
}

/** When the operator is back: the one variable without which a whole sentence is left out. */
export const BACK_AT = "back_at";

/** All variables, with values of an imaginary case. */
export const VARIABLES: readonly Variable[] = [
  { name: "operator.first_name", label: "Operator's first name", sample: "Ana" },
  { name: "operator.name", label: "Operator's name", sample: "Ana Gómez" },
  {
    name: "customer.first_name",
    label: "Customer's first name",
    sample: "Jo",
    note: 'For customers without a name: {{ customer.first_name | default: "there" }}',
  },
  { name: "case.number", label: "Case number", sample: "1042" },
  { name: "organization.name", label: "Organization's name", sample: "Harbor Street Clinic" },
  {
    name: BACK_AT,
    label: "When the operator is back",
    sample: "Monday at 9:00 AM",
    note: "Where that is not known, the sentence with it is left out.",
  },
];

/** How a variable is written into a text. */
export function placeholder(variable: Pick<Variable, "name">): string {
  return `{{ ${variable.name} }}`;
}

const PLACEHOLDER = /\{\{(.*?)\}\}/gs;
/** What stands in the place of a missing value: `default: "text"`, in any quotes. */
const DEFAULT = /^default\s*:\s*["'“”„‘’«»](.*)["'“”„‘’«»]$/s;
const MAX_RENDERED = 1600;

/** Sample values, the caller's own where known. */
export function sampleValues(known: Record<string, string | undefined> = {}) {
  return Object.fromEntries(
    VARIABLES.map(({ name, sample }) => [name, known[name] ?? sample]),
  ) as Record<string, string>;
}

/** A placeholder's name and what stands behind `|` in it. */
function read(inner: string): { name: string; filter?: string } {
  const bar = inner.indexOf("|");
  if (bar < 0) return { name: inner.trim() };
  return { name: inner.slice(0, bar).trim(), filter: inner.slice(bar + 1).trim() };
}

/** Whether a text leaves a sentence out where it is not known when the operator is back. */
export function promisesReturn(text: string): boolean {
  return /\{\{\s*back_at\s*\}\}/.test(text);
}

/** The text without the sentences that say when somebody is back. A line's end ends a sentence too. */
function withoutBackAt(text: string): string {
  const sentences = text.match(/.*?(?:[.!?]\s+|\s*\n\s*|$)/gs) ?? [];
  return sentences.filter((sentence) => !promisesReturn(sentence)).join("");
}

/** A text with its variables filled in, and tidied where a value is missing. */
function fill(text: string, values: Record<string, string>): string {
  const pieces: (string | null)[] = [];
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const { name, filter } = read(match[1]!);
    const value = values[name]?.trim() || filter?.match(DEFAULT)?.[1]?.trim() || null;
    pieces.push(text.slice(from, match.index), name in values ? value : match[0]);
    from = match.index + match[0].length;
  }
  return tidied([...pieces, text.slice(from)]).trim();
}

/** At most 1,600 UTF-16 units, cut at a word with an ellipsis. */
function cut(text: string): string {
  if (text.length <= MAX_RENDERED) return text;
  let kept = text.slice(0, MAX_RENDERED - 1);
  // Half of a pair is no character.
  if (/[\uD800-\uDBFF]$/.test(kept)) kept = kept.slice(0, -1);
  const endsWord = /^\s/.test(text.slice(kept.length));
  return `${(endsWord ? kept : kept.replace(/\s\S*$/, "")).trimEnd()}…`;
}

/** The text as a customer would read it: variables filled in, what is missing tidied, cut at 1,600. */
export function renderSample(text: string, values: Record<string, string>): string {
  const trimmed = text.trim();
  if (!trimmed.includes("{{")) return trimmed;
  const said = values[BACK_AT] === "" ? fill(withoutBackAt(trimmed), values) : "";
  return cut(said || fill(trimmed, values));
}

/** What is wrong with the variables of a text, in one sentence; null if nothing is. */
export function variableProblem(text: string): string | null {
  const known = new Set(VARIABLES.map(({ name }) => name));
  const found = [...text.matchAll(PLACEHOLDER)].map((match) => read(match[1]!));
  const unknown = found.map(({ name }) => name).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const names = [...new Set(unknown)].map((name) => `{{ ${name} }}`).join(", ");
    return `There is no variable ${names}. Use the list under "Insert variable".`;
  }
  if (found.some(({ filter }) => filter !== undefined && !DEFAULT.test(filter))) {
    return 'A default is written {{ customer.first_name | default: "there" }}.';
  }
  if (text.replace(PLACEHOLDER, "").includes("{{")) {
    return "A variable is opened with {{ but never closed with }}.";
  }
  return null;
}
