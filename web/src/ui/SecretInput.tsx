/** A field for a password or token, which says to screen readers when it is wrong. */
import { PasswordInput, type PasswordInputProps } from "@mantine/core";

export function SecretInput(props: PasswordInputProps) {
  return (
    <PasswordInput
      required
      withAsterisk={false}
      aria-invalid={props.error ? true : undefined}
      {...props}
    />
  );
}
