/** One's own presence as the server sees it, and the way to say "I'm here". */
import { Button, Group, Text, Tooltip } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { startReporting } from "../activity/listen";
import { ask, client } from "../api/client";
import { keys, queryClient } from "../api/queries";
import type { Presence } from "../api/types";
import { useDeskNow } from "../time/clock";
import { ago, since } from "../time/format";
import { useFocusKept } from "./focus";
import classes from "./PresenceBadge.module.css";

/** A shorter absence is not told: words that change every few seconds draw the eye to nothing. */
const TOLD_FROM_MS = 60_000;

interface PresenceWords {
  active: boolean;
  state: "Active" | "Inactive";
  /** For how long; empty while that is not worth telling. */
  detail: string;
}

/** Presence in words at an instant. Strictly longer than the threshold is inactive (R2). */
export function presenceWords(
  presence: Pick<Presence, "last_active_at" | "inactive_at">,
  nowMs: number,
): PresenceWords {
  const inactiveMs = Date.parse(presence.inactive_at);
  if (nowMs >= inactiveMs || !presence.last_active_at) {
    return { active: false, state: "Inactive", detail: `since ${since(inactiveMs, nowMs)}` };
  }
  const lastMs = Date.parse(presence.last_active_at);
  const detail = nowMs - lastMs < TOLD_FROM_MS ? "" : ago(lastMs, nowMs);
  return { active: true, state: "Active", detail };
}

async function sendActivity(kind: "input" | "im_here"): Promise<void> {
  await ask(client.POST("/api/v1/me/activity", { body: { kind } }));
  await queryClient.invalidateQueries({ queryKey: keys.presence });
}

/** Reports the operator's input for as long as the desk is open. */
export function useActivityReports(): void {
  useEffect(
    () =>
      startReporting(() => {
        // A report that fails is not repeated: the next input brings the next one.
        sendActivity("input").catch(() => {});
      }),
    [],
  );
}

export function PresenceBadge() {
  useActivityReports();
  const { data: presence } = useQuery({
    queryKey: keys.presence,
    queryFn: ({ signal }) => ask(client.GET("/api/v1/me/presence", { signal })),
  });
  const imHere = useMutation({ mutationFn: () => sendActivity("im_here") });
  const button = useFocusKept(imHere.isPending);
  const now = useDeskNow();
  const state = presence ? presenceWords(presence, now) : null;

  return (
    <Group gap="xs" wrap="nowrap" className={classes.presence}>
      <Group gap={6} wrap="nowrap" justify="flex-end" className={classes.state}>
        <span className={classes.dot} data-active={state?.active ?? undefined} aria-hidden />
        <Text size="sm" component="span" className={classes.words}>
          <span className={classes.label}>You: </span>
          {state?.state ?? "…"} <span className={classes.detail}>{state?.detail}</span>
        </Text>
      </Group>
      <Tooltip
        multiline
        w={240}
        label={`Tells the desk that you are here. You count as inactive once you have been away for longer than ${presence?.threshold_minutes ?? 10} min.`}
      >
        <Button
          ref={button}
          size="compact-sm"
          variant="default"
          loading={imHere.isPending}
          onClick={() => imHere.mutate()}
        >
          I'm here
        </Button>
      </Tooltip>
    </Group>
  );
}
