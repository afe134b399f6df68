/** What a customer would get right now, from the server's own decision, and what one's replies leave open. */
import { Alert, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { ask, client } from "../api/client";
import { keys, useSession } from "../api/queries";
import type { Layer, MyAutoReply } from "../api/types";
import { DecisionLine } from "../case/DecisionLine";
import { WhatWouldChange } from "../case/WhatWouldChange";
import { deskNow } from "../time/clock";
import classes from "./Profile.module.css";

const REFRESH_MS = 30_000;

const WHAT: Record<Layer, string> = {
  away: "your away message",
  office_hours: "your text for outside your office hours",
  personal_inactivity: "your own reply",
  inactivity: "your organization's reply",
};

const STEPS: [Layer, string][] = [
  ["away", "Away"],
  ["office_hours", "Office hours"],
  ["personal_inactivity", "While inactive"],
];

function Order({ saved }: { saved: MyAutoReply }) {
  return (
    <ol className={classes.steps} aria-label="Which of your replies comes first">
      {STEPS.map(([layer, name]) => (
        <li key={layer} data-in-force={saved.in_force === layer || undefined}>
          {name}
          {saved.in_force === layer && <span className={classes.now}> · in force now</span>}
        </li>
      ))}
    </ol>
  );
}

export function InForce({ saved }: { saved: MyAutoReply }) {
  const { user } = useSession();
  const preview = useQuery({
    queryKey: keys.myPreview,
    queryFn: ({ signal }) =>
      ask(
        client.POST("/api/v1/auto-reply/preview", {
          body: { operator_id: user.id, at: new Date(deskNow()).toISOString() },
          signal,
        }),
      ),
    staleTime: 0,
    refetchInterval: REFRESH_MS,
  });
  const coverage = useQuery({
    queryKey: keys.coverage,
    queryFn: async ({ signal }) => (await ask(client.GET("/api/v1/coverage", { signal }))).items,
    staleTime: 0,
  });
  const gap = coverage.data?.find(({ operator }) => operator.id === user.id)?.gap;
  const answer = preview.data;
  const what = saved.in_force ? WHAT[saved.in_force] : "an automatic reply";
  return (
    <section aria-label="In force now" className={classes.strip}>
      <Text fw={600} role="status">
        {!answer
          ? "Right now a customer would get: …"
          : answer.outcome === "sent"
            ? `Right now a customer would get: ${what}`
            : answer.outcome === "watching"
              ? `Right now a customer would get: nothing at once, ${what} later`
              : "Right now a customer would get: no automatic reply"}
      </Text>
      {answer?.text && answer.outcome !== "not_sent" && (
        <p className={`${classes.stripText} stranger`} dir="auto">
          {answer.text}
        </p>
      )}
      {answer && answer.outcome !== "sent" && <DecisionLine decision={answer} />}
      {answer && answer.outcome !== "sent" && <WhatWouldChange preview={answer} mt={4} />}
      <Order saved={saved} />
      <Text size="sm" c="dimmed">
        The first of these that is in force speaks for you. Your organization's reply only speaks
        while you have none set up.
      </Text>
      {gap && (
        <Alert color="yellow" p="sm" mt="sm" icon={<IconAlertTriangle aria-hidden />}>
          {gap}
        </Alert>
      )}
    </section>
  );
}
