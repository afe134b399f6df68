/** The form of the organization's inactivity reply: edited as a draft, saved as a whole. */
import { NumberInput, Paper, Stack, Switch } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient, useSession } from "../api/queries";
import type { InactivityReply, InactivityReplyInput } from "../api/types";
import { PhonePreview } from "../text/PhonePreview";
import { ReplyEditor } from "../text/ReplyEditor";
import { renderSample, sampleValues, variableProblem } from "../text/variables";
import { showsSomething } from "../text/visible";
import { useChecked } from "../ui/form";
import { useUnsavedGuard } from "../ui/navigation";
import { LastChange, SaveBar } from "../ui/SaveBar";
import { deed } from "./audit";
import classes from "./InactivityReply.module.css";

type Draft = Omit<InactivityReplyInput, "threshold_minutes" | "quiet_minutes"> & {
  // A number field may be empty while one is typing.
  threshold_minutes: number | "";
  quiet_minutes: number | "";
};

const FIELDS = [
  "enabled",
  "threshold_minutes",
  "message",
  "while_waiting",
  "quiet_minutes",
  "respect_secondary",
];

/** The longest threshold and quiet period: 7 days (R21). */
const MAX_MINUTES = 10_080;

/** The part of a setting that can be edited. */
export function draftFrom(saved: InactivityReply): Draft {
  const { enabled, threshold_minutes, message, while_waiting, quiet_minutes, respect_secondary } =
    saved;
  return { enabled, threshold_minutes, message, while_waiting, quiet_minutes, respect_secondary };
}

/** What the page can see to be wrong before the server does. */
export function draftErrors(draft: Draft): Record<string, string> {
  const errors: Record<string, string> = {};
  const threshold = draft.threshold_minutes;
  if (
    threshold === "" ||
    !Number.isInteger(threshold) ||
    threshold < 1 ||
    threshold > MAX_MINUTES
  ) {
    errors.threshold_minutes = "Whole minutes from 1 to 10,080 (7 days).";
  }
  const quiet = draft.quiet_minutes;
  if (quiet === "" || !Number.isInteger(quiet) || quiet < 0 || quiet > MAX_MINUTES) {
    errors.quiet_minutes = "Whole minutes from 0 (off) to 10,080 (7 days).";
  }
  if (!showsSomething(draft.message)) errors.message = "The reply needs a text.";
  const variables = variableProblem(draft.message);
  if (variables) errors.message = variables;
  return errors;
}

export function InactivityReplyForm({ saved }: { saved: InactivityReply }) {
  const session = useSession();
  // The version that this draft started from: what someone else saves meanwhile is a conflict.
  const [base, setBase] = useState(saved);
  const [draft, setDraft] = useState<Draft>(() => draftFrom(saved));
  const unsaved = JSON.stringify(draft) !== JSON.stringify(draftFrom(base));
  useUnsavedGuard(unsaved);

  if (!unsaved && saved.version !== base.version) {
    setBase(saved);
    setDraft(draftFrom(saved));
  }

  const startFrom = (setting: InactivityReply) => {
    setBase(setting);
    setDraft(draftFrom(setting));
    checked.forget();
    save.reset();
  };
  const save = useMutation({
    mutationFn: (version: number | null) =>
      ask(
        client.PUT("/api/v1/organization/inactivity-reply", {
          params: { header: version === null ? {} : { "If-Match": `"${version}"` } },
          body: { ...draft, message: draft.message.trim() } as InactivityReplyInput,
        }),
      ),
    onSuccess: (setting) => {
      queryClient.setQueryData(keys.inactivityReply, setting);
      startFrom(setting);
      void queryClient.invalidateQueries({ queryKey: keys.audit });
      notifications.show({
        message: setting.enabled
          ? "Saved. The reply is on."
          : "Saved. The reply is off: customers get no automatic answer from the organization.",
      });
    },
    // What was saved meanwhile is shown beside the choice.
    onError: (error) => {
      if (asProblem(error).status !== 412) return;
      void queryClient.invalidateQueries({ queryKey: keys.inactivityReply });
    },
  });
  const loadTheirs = useMutation({
    mutationFn: () => ask(client.GET("/api/v1/organization/inactivity-reply")),
    onSuccess: (setting) => {
      queryClient.setQueryData(keys.inactivityReply, setting);
      startFrom(setting);
    },
  });

  const checked = useChecked({
    problems: draftErrors(draft),
    error: save.error,
    places: FIELDS,
    send: () => save.mutate(base.version),
  });
  const { errorOf } = checked;
  const change = (part: Partial<Draft>) => setDraft((known) => ({ ...known, ...part }));
  const stale = save.error !== null && asProblem(save.error).status === 412;
  const samples = sampleValues({
    "organization.name": session.organization.name,
    back_at: "",
  });
  const rendered = renderSample(draft.message, samples);

  return (
    <form {...checked.form} className={classes.grid}>
      <Stack gap="lg" className={classes.form}>
        <Paper withBorder p="md">
          <Switch
            size="md"
            label="Reply automatically when an operator is inactive"
            description={
              draft.enabled
                ? "For cases whose operator has no Auto Reply of their own."
                : "Off: customers of an inactive operator wait without a word."
            }
            checked={draft.enabled}
            onChange={(event) => change({ enabled: event.currentTarget.checked })}
            error={errorOf("enabled")}
          />
        </Paper>
        <NumberInput
          label="Inactive for longer than"
          description="In minutes. At exactly this long the operator still counts as active."
          suffix=" min"
          styles={{ wrapper: { maxWidth: 260 } }}
          min={1}
          max={MAX_MINUTES}
          clampBehavior="none"
          allowDecimal={false}
          allowNegative={false}
          required
          withAsterisk={false}
          value={draft.threshold_minutes}
          onChange={(value) =>
            change({ threshold_minutes: typeof value === "number" ? value : "" })
          }
          error={errorOf("threshold_minutes")}
        />
        <ReplyEditor
          label="Text of the reply"
          value={draft.message}
          onChange={(message) => change({ message })}
          error={errorOf("message")}
          samples={samples}
          example={saved.example_message}
        />
        <Switch
          label="Also reply when the operator becomes inactive while the customer waits"
          description="Without it, only the moment of arrival counts: a customer who texts one minute after the operator left gets no reply."
          checked={draft.while_waiting}
          onChange={(event) => change({ while_waiting: event.currentTarget.checked })}
          error={errorOf("while_waiting")}
        />
        <Switch
          label="Do not reply automatically while a secondary operator is active"
          description="Colleagues on a case cover for its operator. While one of them is active, nothing is sent on that case, also none of the operator's own Auto Replies."
          checked={draft.respect_secondary ?? false}
          onChange={(event) => change({ respect_secondary: event.currentTarget.checked })}
          error={errorOf("respect_secondary")}
        />
        <NumberInput
          label="Quiet period"
          description="For this long after an automatic reply, no other is sent on the same case, unless a person wrote in between. 0 turns it off."
          suffix=" min"
          styles={{ wrapper: { maxWidth: 260 } }}
          min={0}
          max={MAX_MINUTES}
          clampBehavior="none"
          allowDecimal={false}
          allowNegative={false}
          value={draft.quiet_minutes}
          onChange={(value) => change({ quiet_minutes: typeof value === "number" ? value : "" })}
          error={errorOf("quiet_minutes")}
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
                  : {
                      saved,
                      words: deed("inactivity_reply.update", "", draftFrom(base), draftFrom(saved)),
                    },
            }
          }
          onDiscard={() => startFrom(saved)}
        >
          <LastChange saved={base} />
        </SaveBar>
      </Stack>
      <div className={classes.preview}>
        <PhonePreview
          sender={session.organization.name}
          text={rendered}
          nothing="Without a text there is no reply."
        />
      </div>
    </form>
  );
}
