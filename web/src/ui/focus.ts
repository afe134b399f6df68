/** Where the focus goes when a button was out of order for a while. */
import { useDidUpdate } from "@mantine/hooks";
import { useRef } from "react";

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
