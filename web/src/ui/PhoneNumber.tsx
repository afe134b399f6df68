/** A phone number as people read it; a click copies it as machines read it. */
import { UnstyledButton } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import classes from "./PhoneNumber.module.css";

interface PhoneNumberProps {
  /** In E.164 form. */
  number: string;
  display: string;
}

export function PhoneNumber({ number, display }: PhoneNumberProps) {
  const clipboard = useClipboard();
  return (
    <UnstyledButton
      className={classes.number}
      title="Copy the number"
      aria-label={`Copy ${display}`}
      onClick={() => {
        clipboard.copy(number);
        notifications.show({ message: `${number} is copied.` });
      }}
    >
      <bdi>{display}</bdi>
    </UnstyledButton>
  );
}
