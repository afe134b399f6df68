/** The form of how long data is kept: edited as a draft, asked about before it deletes, saved as a whole. */
import { Button, Group, List, NumberInput, Paper, Stack, Switch, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient } from "../api/queries";
import type { Retention, RetentionInput } from "../api/types";
import { Dialog } from "../ui/Dialog";
import { useChecked } from "../ui/form";
import { useUnsavedGuard } from "../ui/navigation";
import { LastChange, SaveBar } from "../ui/SaveBar";
import { deed } from "./audit";
import {
  type Draft,
  deletes,
  draftErrors,
  draftFrom,
  FIELDS,
  MAX_DAYS,
  MAX_EVENTS_DAYS,
  MIN_DAYS,
} from "./retention";

/** What the fields begin with when one turns them on. */
const SUGGESTED_DAYS = 365;

interface DaysProps {
  label: string;
  description: string;
  value: number | "";
  min: number;
  max: number;
  onChange: (days: number | "") => void;
  error: string | undefined;
}

function DaysInput({ value, onChange, ...rest }: DaysProps) {
  return (
    <NumberInput
      {...rest}
      suffix={value === 1 ? " day" : " days"}
      styles={{ wrapper: { maxWidth: 260 } }}
      clampBehavior="none"
      allowDecimal={false}
      allowNegative={false}
      required
      withAsterisk={false}
      value={value}
      onChange={(next) => onChange(typeof next === "number" ? next : "")}
    />
  );
}

export function RetentionForm({ saved }: { saved: Retention }) {
  // The version that this draft started from: what someone else saves meanwhile is a conflict.
  const [base, setBase] = useState(saved);
  const [draft, setDraft] = useState<Draft>(() => draftFrom(saved));
  const [asking, setAsking] = useState(false);
  const unsaved = JSON.stringify(draft) !== JSON.stringify(draftFrom(base));
  useUnsavedGuard(unsaved);

  const startFrom = (setting: Retention) => {
    setBase(setting);
    setDraft(draftFrom(setting));
    checked.forget();
    save.reset();
  };
  if (!unsaved && saved.version !== base.version) {
    setBase(saved);
    setDraft(draftFrom(saved));
  }
  const save = useMutation({
    mutationFn: (version: number | null) =>
      ask(
        client.PUT("/api/v1/organization/retention", {
          params: { header: version === null ? {} : { "If-Match": `"${version}"` } },
          body: draft as RetentionInput,
        }),
      ),
    onSuccess: (setting) => {
      queryClient.setQueryData(keys.retention, setting);
      startFrom(setting);
      void queryClient.invalidateQueries({ queryKey: keys.audit });
      notifications.show({
        message:
          setting.messages_days == null
            ? "Saved. Messages are kept for ever."
            : `Saved. Messages are kept for ${setting.messages_days} days.`,
      });
    },
    // What was saved meanwhile is shown beside the choice.
    onError: (error) => {
      if (asProblem(error).status !== 412) return;
      void queryClient.invalidateQueries({ queryKey: keys.retention });
    },
    onSettled: () => setAsking(false),
  });
  const loadTheirs = useMutation({
    mutationFn: () => ask(client.GET("/api/v1/organization/retention")),
    onSuccess: (setting) => {
      queryClient.setQueryData(keys.retention, setting);
      startFrom(setting);
    },
  });

  const gone = deletes(draft, base);
  const checked = useChecked({
    problems: draftErrors(draft),
    error: save.error,
    places: FIELDS,
    send: () => (gone.length > 0 ? setAsking(true) : save.mutate(base.version)),
  });
  const { errorOf } = checked;
  const change = (part: Partial<Draft>) => setDraft((known) => ({ ...known, ...part }));
  const stale = save.error !== null && asProblem(save.error).status === 412;

  return (
    <>
      <form {...checked.form}>
        <Stack gap="lg">
          <Paper withBorder p="md">
            <Stack gap="md">
              <Switch
                size="md"
                label="Delete old messages"
                description={
                  draft.messages_days === null
                    ? "Off: messages are kept for ever."
                    : "Messages in both directions, with their attachments and decisions."
                }
                checked={draft.messages_days !== null}
                onChange={(event) =>
                  change({ messages_days: event.currentTarget.checked ? SUGGESTED_DAYS : null })
                }
              />
              {draft.messages_days !== null && (
                <DaysInput
                  label="Keep messages for"
                  description="Cases and customers stay. Of an open case, what its customer waits for and its newest messages stay as well, until it is closed."
                  min={MIN_DAYS}
                  max={MAX_DAYS}
                  value={draft.messages_days}
                  onChange={(messages_days) => change({ messages_days })}
                  error={errorOf("messages_days")}
                />
              )}
            </Stack>
          </Paper>
          <Paper withBorder p="md">
            <Stack gap="md">
              <Switch
                size="md"
                label="Delete old decisions earlier"
                description={
                  draft.decisions_days === null
                    ? "Off: the record of why a customer got an automatic reply or not is kept as long as their message."
                    : "The message stays, and says that the record of its decision was deleted."
                }
                checked={draft.decisions_days !== null}
                onChange={(event) =>
                  change({
                    decisions_days: event.currentTarget.checked
                      ? Math.min(SUGGESTED_DAYS, draft.messages_days || SUGGESTED_DAYS)
                      : null,
                  })
                }
              />
              {draft.decisions_days !== null && (
                <DaysInput
                  label="Keep decisions for"
                  description="Counted from the customer's message."
                  min={MIN_DAYS}
                  max={MAX_DAYS}
                  value={draft.decisions_days}
                  onChange={(decisions_days) => change({ decisions_days })}
                  error={errorOf("decisions_days")}
                />
              )}
            </Stack>
          </Paper>
          <DaysInput
            label="Keep events for"
            description="How long a page or a script can be away and still catch up on what changed. Events name no people and no texts."
            min={1}
            max={MAX_EVENTS_DAYS}
            value={draft.events_days}
            onChange={(events_days) => change({ events_days })}
            error={errorOf("events_days")}
          />
          <SaveBar
            unsaved={unsaved}
            saving={save.isPending}
            general={stale ? null : checked.general}
            conflict={
              stale && {
                loading: loadTheirs.isPending,
                showTheirs: () => loadTheirs.mutate(),
                saveMine: () => save.mutate(null),
                theirs:
                  saved.version === base.version
                    ? null
                    : { saved, words: deed("retention.update", "", base, saved) },
              }
            }
            onDiscard={() => startFrom(saved)}
          >
            <LastChange saved={base} />
          </SaveBar>
        </Stack>
      </form>
      {asking && (
        <Dialog onClose={() => setAsking(false)} title="Delete what is older?">
          <Text size="sm">Within an hour, and from then on, this deletes for good:</Text>
          <List size="sm" mt="xs">
            {gone.map((words) => (
              <List.Item key={words}>{words}</List.Item>
            ))}
          </List>
          <Text size="sm" mt="sm">
            Only a backup that was made before still has it.
          </Text>
          <Group justify="flex-end" mt="lg">
            <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
              Cancel
            </Button>
            <Button
              color="red.9"
              loading={save.isPending}
              onClick={() => save.mutate(base.version)}
            >
              Save and delete
            </Button>
          </Group>
        </Dialog>
      )}
    </>
  );
}
