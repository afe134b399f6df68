/** What the server says when it refuses (RFC 9457), and what the page says when it is out of reach. */

/** A refused request, or one that never got an answer (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields: Readonly<Record<string, string>> = {},
    /** The reason in one word (docs/api.md); empty if there was no answer. */
    readonly code = "",
  ) {
    super(message);
    this.name = "Problem";
  }
}

const FALLBACK: Record<number, string> = {
  401: "Your session has ended. Please sign in again.",
  403: "You are not allowed to do this.",
  404: "This does not exist, or it belongs to someone else.",
  412: "Someone else changed this in the meantime.",
  413: "That is too large.",
  429: "Too many attempts. Please wait a moment.",
  503: "The server cannot do its work right now. Please try again in a moment.",
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/**
 * A field's message as a sentence to stand beside the field: the server writes what would follow
 * the field's name ("must be 1 to 60", "is not a phone number").
 */
export function fieldSentence(message: string): string {
  const text = message.trim();
  const begun = /^(is|has|does|was|contains)\b/.test(text)
    ? `This ${text}`
    : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** Reads a problem document, of which nothing is taken for granted. */
export function problemFrom(status: number, body: unknown): Problem {
  const document = isRecord(body) ? body : {};
  const fields: Record<string, string> = {};
  for (const entry of Array.isArray(document.errors) ? document.errors : []) {
    if (!isRecord(entry) || typeof entry.field !== "string" || typeof entry.message !== "string") {
      continue;
    }
    const sentence = fieldSentence(entry.message);
    const known = fields[entry.field];
    fields[entry.field] = known ? `${known} ${sentence}` : sentence;
  }
  const words = [document.detail, document.title].find(
    (text): text is string => typeof text === "string" && text !== "",
  );
  return new Problem(
    status,
    words ?? FALLBACK[status] ?? `The server answered with an error (${status}).`,
    fields,
    typeof document.code === "string" ? document.code : "",
  );
}

/** The problem of a request that got no answer. */
export function unreachable(): Problem {
  return new Problem(0, "The server cannot be reached. Check your connection and try again.");
}

/** Any thrown value as a problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, error instanceof Error ? error.message : "Something went wrong.");
}

/** The messages of fields that a form does not show, with the general words, for above the form. */
export function generalMessage(problem: Problem, shownFields: readonly string[]): string | null {
  const elsewhere = Object.entries(problem.fields).filter(
    ([field]) => !shownFields.includes(field),
  );
  if (elsewhere.length > 0) {
    return elsewhere.map(([field, message]) => `${field}: ${message}`).join(" ");
  }
  return Object.keys(problem.fields).length > 0 ? null : problem.message;
}
