/** Where the focus goes when a form cannot be saved. */
import { useEffect, useRef } from "react";

/** Moves the focus to the first field that is wrong: after an attempt, and after an answer. */
export function useFocusOnInvalid(attempts: number, error: unknown) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (attempts === 0 && !error) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [attempts, error]);
  return form;
}
