/**
 * What every form does about what is wrong: the browser's own bubbles stay away, the page says its sentence beside
 * the field, what the server says is shown at the same place, and the first wrong field gets the focus.
 */
import { type FormEvent, useEffect, useRef, useState } from "react";
import { messageUnder, shownUnder } from "../api/fields";
import { asProblem, generalMessage } from "../api/problem";

interface Checked {
  /** What the page itself can see to be wrong, by field, in sentences. */
  problems: Readonly<Record<string, string>>;
  /** Why the server refused what was sent last. */
  error: unknown;
  /** The fields beside which messages stand; "week.monday" also has those of "week.monday[0].start". */
  places: readonly string[];
  send: () => void;
}

/** A form that is sent only when nothing is known to be wrong with it. */
export function useChecked({ problems, error, places, send }: Checked) {
  const ref = useRef<HTMLFormElement>(null);
  const [tried, setTried] = useState(false);
  const [attempts, setAttempts] = useState(0);
  useEffect(() => {
    if (attempts === 0 && !error) return;
    ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [attempts, error]);

  const refused = error ? asProblem(error) : null;
  return {
    /** For the form element. */
    form: {
      ref,
      noValidate: true,
      onSubmit: (event: FormEvent) => {
        event.preventDefault();
        setTried(true);
        setAttempts((count) => count + 1);
        if (Object.keys(problems).length === 0) send();
      },
    },
    /** The message beside a field. Before the first attempt nothing is called wrong. */
    errorOf: (field: string) =>
      messageUnder(tried ? problems : {}, field) ?? messageUnder(refused?.fields, field),
    /** Why the server refused it, where no field says so. */
    general: refused && generalMessage(refused, shownUnder(refused, places)),
    /** For a form that begins anew. */
    forget: () => setTried(false),
  };
}

/** The fields that were left empty, each with the sentence that asks for it. */
export function missing(
  fields: Readonly<Record<string, readonly [value: string, sentence: string]>>,
): Record<string, string> {
  const empty = Object.entries(fields).filter(([, [value]]) => value.trim() === "");
  return Object.fromEntries(empty.map(([field, [, sentence]]) => [field, sentence]));
}
