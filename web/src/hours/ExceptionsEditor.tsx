/** Dates on which something else holds than on their weekday: holidays and short days. */
import { ActionIcon, Button, Text, TextInput, Title } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useRef } from "react";
import type { HoursException } from "../api/types";
import classes from "./Hours.module.css";
import { WindowList } from "./WindowList";

interface ExceptionsProps {
  /** The heading's place below the one of the page or the card. */
  order: 2 | 3;
  exceptions: readonly HoursException[];
  onChange: (exceptions: HoursException[]) => void;
  /** The message at "exceptions[0].date" or "exceptions[0].windows". */
  errorOf: (field: string) => string | undefined;
}

function nameOf(date: string): string {
  const at = Date.parse(`${date}T12:00:00Z`);
  if (Number.isNaN(at)) return "this date";
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" }).format(at);
}

export function ExceptionsEditor({ order, exceptions, onChange, errorOf }: ExceptionsProps) {
  const list = useRef<HTMLDivElement>(null);
  const add = useRef<HTMLButtonElement>(null);
  const set = (index: number, part: Partial<HoursException>) =>
    onChange(exceptions.map((each, at) => (at === index ? { ...each, ...part } : each)));
  return (
    <div ref={list}>
      <Title order={order} size="sm">
        Holidays and short days
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        On these dates the hours here hold instead of the weekday's.
      </Text>
      {exceptions.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an exception is its place in the list
        <fieldset key={index} className={classes.exception} aria-label={nameOf(each.date)}>
          <TextInput
            type="date"
            size="sm"
            aria-label="Date of the exception"
            className={classes.date}
            value={each.date}
            onChange={(event) => set(index, { date: event.currentTarget.value })}
            error={errorOf(`exceptions[${index}].date`)}
          />
          <WindowList
            name={nameOf(each.date)}
            windows={each.windows}
            onChange={(windows) => set(index, { windows })}
            errorOf={(place) => errorOf(`exceptions[${index}].windows${place}`)}
            none="Closed all day"
          />
          <ActionIcon
            className={classes.copy}
            aria-label={`Remove the exception on ${nameOf(each.date)}`}
            onClick={() => {
              onChange(exceptions.filter((_, at) => at !== index));
              add.current?.focus();
            }}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </fieldset>
      ))}
      <Button
        ref={add}
        size="compact-sm"
        variant="default"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => {
          onChange([...exceptions, { date: "", windows: [] }]);
          window.setTimeout(() => {
            const dates = list.current?.querySelectorAll<HTMLInputElement>('input[type="date"]');
            dates?.[dates.length - 1]?.focus();
          });
        }}
      >
        Add a date
      </Button>
      {errorOf("exceptions") && (
        <Text size="sm" c="var(--mantine-color-error)" mt={4}>
          {errorOf("exceptions")}
        </Text>
      )}
    </div>
  );
}
