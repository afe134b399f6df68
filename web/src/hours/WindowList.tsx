/** The open windows of one day: times that are typed, added and removed. */
import { ActionIcon, Button, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useId, useRef } from "react";
import type { OpenWindow } from "../api/types";
import classes from "./Hours.module.css";
import { TimeField } from "./TimeField";
import { nextWindow, pastMidnight, windowWords } from "./week";

const SETTLED_MS = 400;

interface ListProps {
  /** Whose windows these are: "Monday", "Dec 24". */
  name: string;
  windows: readonly OpenWindow[];
  onChange: (windows: OpenWindow[]) => void;
  /** The message at "", which is all that is wrong here, and at "[0].start". */
  errorOf: (place: string) => string | undefined;
  /** What stands where there are none. */
  none: string;
}

/** Waits until one has typed: it takes room, and nothing should move under a pointer. */
function NextDay({ window: each }: { window: OpenWindow }) {
  const [end] = useDebouncedValue(pastMidnight(each) ? each.end : null, SETTLED_MS);
  return end === null ? null : <span className={classes.note}>until {end} next day</span>;
}

export function WindowList({ name, windows, onChange, errorOf, none }: ListProps) {
  const id = useId();
  const error = errorOf("");
  const list = useRef<HTMLDivElement>(null);
  const add = useRef<HTMLButtonElement>(null);
  const set = (index: number, part: Partial<OpenWindow>) =>
    onChange(windows.map((each, at) => (at === index ? { ...each, ...part } : each)));
  const focusLast = () =>
    window.setTimeout(() => {
      const starts = list.current?.querySelectorAll<HTMLInputElement>("input[data-start]");
      starts?.[starts.length - 1]?.focus();
    });

  return (
    <div ref={list} className={classes.windows}>
      {windows.length === 0 && <span className={classes.none}>{none}</span>}
      {windows.map((each, index) => {
        const which = windows.length > 1 ? `${name}, window ${index + 1}` : name;
        const field = (part: "start" | "end", words: string) => (
          <TimeField
            size="sm"
            aria-label={`${which}, ${words}`}
            aria-describedby={errorOf(`[${index}].${part}`) ? `${id}-error` : undefined}
            className={classes.time}
            placeholder={part === "start" ? "09:00" : "17:00"}
            data-start={part === "start" || undefined}
            value={each[part]}
            error={Boolean(errorOf(`[${index}].${part}`))}
            onChange={(time) => set(index, { [part]: time })}
          />
        );
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a window is its place in the list
          <div key={index} className={classes.window}>
            {field("start", "opens")}
            <span aria-hidden>–</span>
            {field("end", "closes")}
            <ActionIcon
              aria-label={`Remove ${windowWords(each)}, ${name}`}
              onClick={() => {
                onChange(windows.filter((_, at) => at !== index));
                add.current?.focus();
              }}
            >
              <IconX size={16} aria-hidden />
            </ActionIcon>
            <NextDay window={each} />
          </div>
        );
      })}
      <Button
        ref={add}
        size="compact-sm"
        variant="subtle"
        className={classes.add}
        leftSection={<IconPlus size={14} aria-hidden />}
        aria-label={`Add hours, ${name}`}
        onClick={() => {
          onChange([...windows, nextWindow(windows)]);
          focusLast();
        }}
      >
        Add hours
      </Button>
      {error && (
        <Text id={`${id}-error`} size="sm" c="var(--mantine-color-error)" className={classes.error}>
          {error}
        </Text>
      )}
    </div>
  );
}
