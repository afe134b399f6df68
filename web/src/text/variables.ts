/**
 * The variables of R23, and what they look like filled in. The server fills them for real; here
 * they only serve the editor: insertion, an early word about unknown ones, and the preview.
 */

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
  { name: "customer.first_name", label: "Customer's first name", sample: "Jo" },
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
const MAX_RENDERED = 1600;

/** Sample values, the caller's own where known. */
export function sampleValues(known: Record<string, string | undefined> = {}) {
  return Object.fromEntries(
    VARIABLES.map(({ name, sample }) => [name, known[name] ?? sample]),
  ) as Record<string, string>;
}

/** The text without the sentences that say when somebody is back. A line's end ends a sentence too. */
function withoutBackAt(text: string): string {
  const sentences = text.match(/.*?(?:[.!?]\s+|\s*\n\s*|$)/gs) ?? [];
  return sentences.filter((sentence) => !/\{\{\s*back_at\s*\}\}/.test(sentence)).join("");
}

/** The text as a customer would read it: variables filled in, spaces tidied, cut at 1,600. */
export function renderSample(text: string, values: Record<string, string>): string {
  const trimmed = text.trim();
  if (!trimmed.includes("{{")) return trimmed;
  const said = values[BACK_AT] === "" ? withoutBackAt(trimmed) : trimmed;
  const filled = said
    .replace(PLACEHOLDER, (whole, name: string) => values[name.trim()] ?? whole)
    .replace(/ {2,}/g, " ")
    .trim();
  const characters = [...filled];
  if (characters.length <= MAX_RENDERED) return filled;
  const cut = characters.slice(0, MAX_RENDERED - 3).join("");
  return `${cut.replace(/\s+\S*$/, "")}...`;
}

/** What is wrong with the variables of a text, in one sentence; null if nothing is. */
export function variableProblem(text: string): string | null {
  const known = new Set(VARIABLES.map(({ name }) => name));
  const unknown = [...text.matchAll(PLACEHOLDER)]
    .map((match) => match[1]!.trim())
    .filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const names = [...new Set(unknown)].map((name) => `{{ ${name} }}`).join(", ");
    return `There is no variable ${names}. Use the list under "Insert variable".`;
  }
  if (text.replace(PLACEHOLDER, "").includes("{{")) {
    return "A variable is opened with {{ but never closed with }}.";
  }
  return null;
}
