/** A dialog that is put on the page when it is needed, and gives the focus back to what opened it. */
import { Button, type ButtonProps, Group, Modal, type ModalProps } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";

/** What had the focus; where that is an item of a menu, which closes, the menu's button. */
function opener(): HTMLElement | null {
  const active = document.activeElement;
  const menu = active?.closest('[role="menu"]');
  const found = menu ? document.querySelector(`[aria-controls="${CSS.escape(menu.id)}"]`) : active;
  return found instanceof HTMLElement ? found : null;
}

// Mantine's own return of the focus is for a dialog that stays and is shown and hidden.
function useFocusBack(): void {
  const [from] = useState(opener);
  useEffect(
    () => () => {
      window.setTimeout(() => {
        if (document.activeElement && document.activeElement !== document.body) return;
        // What opened it may be gone with what was deleted.
        const to = from?.isConnected ? from : document.querySelector<HTMLElement>("h1");
        to?.focus({ preventScroll: true });
      });
    },
    [from],
  );
}

export function Dialog(props: Omit<ModalProps, "opened">) {
  useFocusBack();
  return <Modal opened {...props} />;
}

interface FormButtonsProps extends ButtonProps {
  onCancel: () => void;
  /** What sending the form is called. */
  children: ReactNode;
}

/** The end of a dialog that is a form: the way back, and the button that sends it. */
export function FormButtons({ onCancel, children, ...submit }: FormButtonsProps) {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" {...submit}>
        {children}
      </Button>
    </Group>
  );
}
