/** The end of a form that is edited as a draft: save, discard, and what stands against it. Stays in sight. */
import { Alert, Anchor, Button, Group, Text } from "@mantine/core";
import { useMergedRef, useResizeObserver } from "@mantine/hooks";
import { IconAlertCircle, IconUsers } from "@tabler/icons-react";
import { Fragment, type MouseEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useDeskNow } from "../time/clock";
import { ago, exactTime, fullTime } from "../time/format";
import { useFocusKept } from "./focus";
import classes from "./SaveBar.module.css";

/** More would fill the bar: the others come when these are put right. */
const MAX_NAMED = 4;

type Change = Pick<LastChangeProps["saved"], "updated_at" | "updated_by">;

interface Conflict {
  loading: boolean;
  showTheirs: () => void;
  saveMine: () => void;
  /** What was saved meanwhile, once it has been read, and what that changed, such as "turned it off". */
  theirs: { saved: Change; words: string } | null;
}

interface SaveBarProps {
  unsaved: boolean;
  saving: boolean;
  /** Why it was not saved, where no field says so. */
  general?: string | null;
  /** Somebody else saved meanwhile. */
  conflict?: Conflict | false;
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

interface WrongField {
  field: HTMLElement;
  label: string;
}

/** What a field is called, to those who see it as to those who hear it. */
function labelOf(field: HTMLElement): string {
  const label = "labels" in field ? (field as HTMLInputElement).labels?.[0] : null;
  const by = document.getElementById(field.getAttribute("aria-labelledby") ?? "");
  const words = label ?? by;
  return words?.textContent?.trim() || field.getAttribute("aria-label") || "a field";
}

/** The fields of the form around an element that are marked as wrong, in their order. */
function useWrongFields(inside: { current: HTMLElement | null }): WrongField[] {
  const [wrong, setWrong] = useState<WrongField[]>([]);
  useEffect(() => {
    const form = inside.current?.closest("form");
    if (!form) return;
    const look = () => {
      const marked = [...form.querySelectorAll<HTMLElement>('[aria-invalid="true"]')];
      const found = marked.map((field) => ({ field, label: labelOf(field) }));
      setWrong((known) =>
        known.length === found.length &&
        known.every(
          ({ field, label }, at) => field === found[at]?.field && label === found[at].label,
        )
          ? known
          : found,
      );
    };
    const observer = new MutationObserver(look);
    observer.observe(form, { subtree: true, childList: true, attributeFilter: ["aria-invalid"] });
    look();
    return () => observer.disconnect();
  }, [inside]);
  return wrong;
}

/** Which fields need a look, each as a link to it. */
function WrongFields({ fields }: { fields: WrongField[] }) {
  return (
    <Text size="sm" c="var(--mantine-color-error)" role="status" className={classes.wrong}>
      {fields.length === 1 ? "1 field needs a look: " : `${fields.length} fields need a look: `}
      {fields.slice(0, MAX_NAMED).map(({ field, label }, at) => (
        <Fragment key={field.id || label}>
          {at > 0 && ", "}
          <Anchor
            href={`#${field.id}`}
            inherit
            c="inherit"
            underline="always"
            onClick={(event) => {
              event.preventDefault();
              field.focus();
            }}
          >
            {label}
          </Anchor>
        </Fragment>
      ))}
      {fields.length > MAX_NAMED && " and others"}
    </Text>
  );
}

/** Who was faster, when, and with what. */
function Theirs({ theirs }: Pick<Conflict, "theirs">) {
  const now = useDeskNow(10_000);
  if (!theirs?.saved.updated_by) {
    return <>While you were editing, another System Admin saved this setting.</>;
  }
  const { saved, words } = theirs;
  return (
    <>
      <bdi>{saved.updated_by?.name}</bdi> {words}, {ago(Date.parse(saved.updated_at), now)}.
    </>
  );
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
  const bar = useRef<HTMLDivElement>(null);
  const wrong = useWrongFields(bar);
  const [measured] = useResizeObserver<HTMLDivElement>();
  const bothRefs = useMergedRef(bar, measured);
  // Fields scroll so far that the bar, however high it is, covers neither them nor their message.
  useEffect(() => {
    const height = bar.current?.offsetHeight ?? 0;
    bar.current?.closest("form")?.style.setProperty("--save-bar-height", `${height}px`);
  });
  return (
    <div ref={bothRefs} className={classes.bar} data-unsaved={unsaved || undefined}>
      {conflict && (
        <Alert
          color="yellow"
          icon={<IconUsers aria-hidden />}
          title="Someone else changed this"
          role="alert"
        >
          <Text size="sm">
            <Theirs theirs={conflict.theirs} /> Nothing of yours is lost: look at their version, or
            save yours over it.
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
      {wrong.length > 0 ? (
        <WrongFields fields={wrong} />
      ) : unsaved ? (
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
          <time dateTime={saved.updated_at} title={exactTime(atMs)}>
            {now - atMs < 86_400_000 ? ago(atMs, now) : fullTime(atMs)}
          </time>
        </>
      ) : (
        "Never changed"
      )}
    </Text>
  );
}
