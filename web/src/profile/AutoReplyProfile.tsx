/** Profile > Auto Reply: the operator's own inactivity reply, which goes before the organization's. */
import {
  Alert,
  Button,
  Group,
  NumberInput,
  Paper,
  Radio,
  Stack,
  Switch,
  Text,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertCircle } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem, generalMessage } from "../api/problem";
import { keys, queryClient, useSession } from "../api/queries";
import type { MyAutoReply } from "../api/types";
import classes from "../settings/InactivityReply.module.css";
import { PhonePreview } from "../text/PhonePreview";
import { ReplyEditor } from "../text/ReplyEditor";
import { renderSample, sampleValues, variableProblem } from "../text/variables";
import { useFocusOnInvalid } from "../ui/focus";
import { useUnsavedGuard } from "../ui/navigation";
import { Page } from "../ui/Page";
import { PageLoader, Problem } from "../ui/State";

interface Draft {
  enabled: boolean;
  message: string;
  own: boolean;
  minutes: number | "";
}

const NAMES = {
  enabled: ["inactivity.enabled", "enabled"],
  message: ["inactivity.message", "message"],
  threshold: ["inactivity.threshold_minutes", "threshold_minutes"],
};
const EXAMPLE =
  "Hi {{ customer.first_name }}, this is {{ operator.first_name }}. I got your message and am " +
  "away from my desk for a moment. I'll text you back as soon as I return.";

function draftFrom({ inactivity }: MyAutoReply): Draft {
  return {
    enabled: inactivity.enabled,
    message: inactivity.message,
    own: inactivity.threshold_minutes != null,
    minutes: inactivity.threshold_minutes ?? 10,
  };
}

function errorsOf(draft: Draft): { message?: string; threshold?: string } {
  const minutes = draft.minutes;
  const wrong = minutes === "" || !Number.isInteger(minutes) || minutes < 1 || minutes > 10_080;
  return {
    message:
      variableProblem(draft.message) ??
      (draft.enabled && draft.message.trim() === ""
        ? "A reply that is on needs a text."
        : undefined),
    threshold: draft.own && wrong ? "Whole minutes from 1 to 10,080 (7 days)." : undefined,
  };
}

function Form({ saved }: { saved: MyAutoReply }) {
  const session = useSession();
  const [draft, setDraft] = useState(() => draftFrom(saved));
  const [tried, setTried] = useState(false);
  const [attempts, setAttempts] = useState(0);
  const unsaved = JSON.stringify(draft) !== JSON.stringify(draftFrom(saved));
  useUnsavedGuard(unsaved);

  const save = useMutation({
    mutationFn: () =>
      ask(
        client.PUT("/api/v1/me/auto-reply", {
          body: {
            inactivity: {
              enabled: draft.enabled,
              message: draft.message.trim(),
              threshold_minutes: draft.own && draft.minutes !== "" ? draft.minutes : null,
            },
            // Edited elsewhere: handed back as they were read.
            away: saved.away ?? null,
            office_hours: saved.office_hours ?? null,
          },
        }),
      ),
    onSuccess: (answer) => {
      queryClient.setQueryData(keys.myAutoReply, answer);
      setDraft(draftFrom(answer));
      setTried(false);
      notifications.show({
        message: answer.inactivity.enabled
          ? "Saved. Your own reply is on and goes before your organization's."
          : "Saved. Your own reply is off: your organization's applies, if it is on.",
      });
    },
  });
  const form = useFocusOnInvalid(attempts, save.error);
  const change = (part: Partial<Draft>) => setDraft((known) => ({ ...known, ...part }));
  const problem = save.error ? asProblem(save.error) : null;
  const general = problem && generalMessage(problem, Object.values(NAMES).flat());
  const local = tried ? errorsOf(draft) : {};
  const remote = (field: keyof typeof NAMES) =>
    NAMES[field].map((name) => problem?.fields[name]).find(Boolean);
  const samples = sampleValues({
    "organization.name": session.organization.name,
    "operator.name": session.user.name,
    "operator.first_name": session.user.name.split(/\s+/)[0],
  });

  return (
    <form
      ref={form}
      className={classes.grid}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        setAttempts((count) => count + 1);
        const { message, threshold } = errorsOf(draft);
        if (!message && !threshold) save.mutate();
      }}
    >
      <Stack gap="lg">
        <Paper withBorder p="md">
          <Switch
            size="md"
            label="Reply with my own text when I am inactive"
            description={
              draft.enabled
                ? "Your organization's reply is not used for your cases."
                : "Off: your organization's reply applies to your cases, if it is on."
            }
            checked={draft.enabled}
            onChange={(event) => change({ enabled: event.currentTarget.checked })}
            error={remote("enabled")}
          />
        </Paper>
        <ReplyEditor
          label="Text of my reply"
          value={draft.message}
          onChange={(message) => change({ message })}
          error={local.message ?? remote("message")}
          samples={samples}
          example={EXAMPLE}
          required={draft.enabled}
        />
        <Radio.Group
          label="When do I count as inactive?"
          value={draft.own ? "own" : "organization"}
          onChange={(value) => change({ own: value === "own" })}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="organization" label="After my organization's threshold" />
            <Radio value="own" label="After my own threshold" />
          </Stack>
        </Radio.Group>
        {draft.own && (
          <NumberInput
            label="Inactive for longer than"
            suffix=" min"
            styles={{ wrapper: { maxWidth: 260 } }}
            min={1}
            max={10_080}
            clampBehavior="none"
            allowDecimal={false}
            allowNegative={false}
            value={draft.minutes}
            onChange={(value) => change({ minutes: typeof value === "number" ? value : "" })}
            error={local.threshold ?? remote("threshold")}
          />
        )}
        <div className={classes.footer} data-unsaved={unsaved || undefined}>
          {general && (
            <Alert
              color="red"
              icon={<IconAlertCircle aria-hidden />}
              role="alert"
              title="Not saved"
            >
              {general}
            </Alert>
          )}
          <Group gap="sm">
            <Button type="submit" loading={save.isPending} disabled={!unsaved}>
              Save
            </Button>
            <Button
              variant="default"
              disabled={!unsaved || save.isPending}
              onClick={() => {
                setDraft(draftFrom(saved));
                setTried(false);
                save.reset();
              }}
            >
              Discard changes
            </Button>
          </Group>
          {unsaved && (
            <Text size="sm" c="dimmed" role="status">
              Not saved yet
            </Text>
          )}
        </div>
      </Stack>
      <div className={classes.preview}>
        <PhonePreview
          sender={session.organization.name}
          text={renderSample(draft.message, samples)}
          nothing="Without a text there is no reply."
        />
      </div>
    </form>
  );
}

export default function AutoReplyProfile() {
  const { data, error, refetch } = useQuery({
    queryKey: keys.myAutoReply,
    queryFn: ({ signal }) => ask(client.GET("/api/v1/me/auto-reply", { signal })),
    staleTime: 0,
  });
  return (
    <Page
      wide
      trail={["Profile", "Auto Reply"]}
      lead="Your own reply to customers who text you while you are inactive. It takes precedence over your organization's, and nobody else can edit it."
    >
      {data ? (
        <Form saved={data} />
      ) : error ? (
        <Problem inner problem={asProblem(error)} retry={() => void refetch()} />
      ) : (
        <PageLoader />
      )}
    </Page>
  );
}
