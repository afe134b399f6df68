/** Where the focus goes when a form cannot be saved, and when a button was out of order for a while. */
import { useDidUpdate } from "@mantine/hooks";
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

/**
 * A button that is out of order while it is busy loses the focus by that: it gets it back, unless somebody has gone
 * on meanwhile. It also gets it when something near it goes, such as the buttons of a question that was answered.
 */
export function useFocusKept(busy: boolean, near?: unknown) {
  const button = useRef<HTMLButtonElement>(null);
  useDidUpdate(() => {
    if (!busy && document.activeElement === document.body) button.current?.focus();
  }, [busy, near]);
  return button;
}
