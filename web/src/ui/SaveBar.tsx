/** The end of a form that is edited as a draft: save, discard, and what stands against it. Stays in sight. */
import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertCircle, IconUsers } from "@tabler/icons-react";
import type { MouseEvent, ReactNode } from "react";
import { useDeskNow } from "../time/clock";
import { ago, fullTime } from "../time/format";
import { useFocusKept } from "./focus";
import classes from "./SaveBar.module.css";

interface SaveBarProps {
  unsaved: boolean;
  saving: boolean;
  /** Why it was not saved, where no field says so. */
  general?: string | null;
  /** Somebody else saved meanwhile. */
  conflict?: { loading: boolean; showTheirs: () => void; saveMine: () => void } | false;
  /** What was never saved can be saved as it stands. */
  savesUnchanged?: boolean;
  onDiscard: () => void;
  /** What stands there while nothing is unsaved. */
  children?: ReactNode;
}

/**
 * A button that has nothing to do keeps its place in the order of the keys: the focus stays on it when what it
 * did leaves nothing more to do.
 */
function idle(nothingToDo: boolean) {
  return {
    "data-disabled": nothingToDo || undefined,
    "aria-disabled": nothingToDo || undefined,
    onClickCapture: (event: MouseEvent) => {
      if (!nothingToDo) return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

export function SaveBar({
  unsaved,
  saving,
  general,
  conflict = false,
  savesUnchanged = false,
  onDiscard,
  children,
}: SaveBarProps) {
  const save = useFocusKept(saving, conflict !== false);
  return (
    <div className={classes.bar} data-unsaved={unsaved || undefined}>
      {conflict && (
        <Alert
          color="yellow"
          icon={<IconUsers aria-hidden />}
          title="Someone else changed this"
          role="alert"
        >
          <Text size="sm">
            While you were editing, another System Admin saved this setting. Nothing of yours is
            lost: look at their version, or save yours over it.
          </Text>
          <Group gap="xs" mt="sm">
            <Button
              size="xs"
              variant="default"
              loading={conflict.loading}
              onClick={conflict.showTheirs}
            >
              Discard mine, show theirs
            </Button>
            <Button size="xs" loading={saving} onClick={conflict.saveMine}>
              Save mine over it
            </Button>
          </Group>
        </Alert>
      )}
      {general && (
        <Alert color="red" icon={<IconAlertCircle aria-hidden />} role="alert" title="Not saved">
          {general}
        </Alert>
      )}
      <Group gap="sm">
        <Button ref={save} type="submit" loading={saving} {...idle(!unsaved && !savesUnchanged)}>
          Save
        </Button>
        <Button variant="default" onClick={onDiscard} {...idle(!unsaved || saving)}>
          Discard changes
        </Button>
      </Group>
      {unsaved ? (
        <Text size="sm" c="dimmed" role="status">
          Not saved yet
        </Text>
      ) : (
        children
      )}
    </div>
  );
}

interface LastChangeProps {
  saved: { updated_at: string; updated_by?: { name: string } | null };
}

/** Who changed a setting last, and when. */
export function LastChange({ saved }: LastChangeProps) {
  const now = useDeskNow(60_000);
  const atMs = Date.parse(saved.updated_at);
  return (
    <Text size="sm" c="dimmed">
      {saved.updated_by ? (
        <>
          Last changed by <bdi>{saved.updated_by.name}</bdi>,{" "}
          <time dateTime={saved.updated_at} title={fullTime(atMs)}>
            {now - atMs < 86_400_000 ? ago(atMs, now) : fullTime(atMs)}
          </time>
        </>
      ) : (
        "Never changed"
      )}
    </Text>
  );
}
