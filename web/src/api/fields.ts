/** Messages of fields that have parts: "week.monday" also stands for "week.monday[0].start". */
import type { Problem } from "./problem";

/** The messages at a field or inside it, as one. */
export function messageUnder(
  fields: Readonly<Record<string, string>> | undefined,
  field: string,
): string | undefined {
  const found = Object.entries(fields ?? {})
    .filter(
      ([name]) => name === field || name.startsWith(`${field}[`) || name.startsWith(`${field}.`),
    )
    .map(([, message]) => message.charAt(0).toUpperCase() + message.slice(1));
  return found.length > 0 ? [...new Set(found)].join(" ") : undefined;
}

/** The names of a problem's fields that are shown at one of these places. */
export function shownUnder(problem: Problem, places: readonly string[]): string[] {
  return Object.keys(problem.fields).filter((name) =>
    places.some((place) => messageUnder({ [name]: "x" }, place) !== undefined),
  );
}
