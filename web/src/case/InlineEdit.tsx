/** One line that is corrected where it stands: a pencil, a field, and what was refused. */
import { ActionIcon, TextInput } from "@mantine/core";
import { IconCheck, IconPencil, IconX } from "@tabler/icons-react";
import { type ReactNode, useRef, useState } from "react";
import classes from "./CaseView.module.css";

interface InlineEditProps {
  /** What it is, in the middle of a sentence: "subject". */
  what: string;
  value: string;
  maxLength: number;
  /** What stands there while nothing is edited. */
  children: ReactNode;
  /** Resolves once it is saved. */
  save: (value: string) => Promise<unknown>;
}

export function InlineEdit({ what, value, maxLength, children, save }: InlineEditProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const done = () => {
    setDraft(null);
    window.setTimeout(() => button.current?.focus());
  };

  if (draft === null) {
    return (
      <div className={classes.inline}>
        {children}
        <ActionIcon
          ref={button}
          size="sm"
          aria-label={`Edit the ${what}`}
          onClick={() => setDraft(value)}
        >
          <IconPencil size={15} aria-hidden />
        </ActionIcon>
      </div>
    );
  }
  return (
    <form
      className={classes.inlineForm}
      onSubmit={(event) => {
        event.preventDefault();
        if (saving) return;
        setSaving(true);
        // What is refused stays in the field; whoever saves says why.
        save(draft.trim())
          .then(done, () => {})
          .finally(() => setSaving(false));
      }}
    >
      <TextInput
        size="xs"
        aria-label={what.charAt(0).toUpperCase() + what.slice(1)}
        autoFocus
        maxLength={maxLength}
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") done();
        }}
      />
      <ActionIcon
        type="submit"
        variant="light"
        color="tide"
        loading={saving}
        aria-label={`Save the ${what}`}
      >
        <IconCheck size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon aria-label={`Keep the old ${what}`} onClick={done}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </form>
  );
}
