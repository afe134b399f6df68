/** A time of day that is typed as people type it; what it means is handed on with every key. */
import { TextInput, type TextInputProps } from "@mantine/core";
import { useState } from "react";
import { tidyTime } from "./week";

interface TimeProps extends Omit<TextInputProps, "value" | "onChange"> {
  value: string;
  onChange: (time: string) => void;
  "data-start"?: true | undefined;
}

export function TimeField({ value, onChange, ...rest }: TimeProps) {
  // What stands in the field while one types; "9" must not become "09:00" under one's hands.
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <TextInput
      autoComplete="off"
      maxLength={10}
      {...rest}
      value={typed ?? value}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        onChange(tidyTime(event.currentTarget.value));
      }}
      onBlur={() => setTyped(null)}
    />
  );
}
