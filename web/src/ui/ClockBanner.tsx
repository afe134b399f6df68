/** Says that the desk's clock is not everybody's, and moves it forward where that is possible. */
import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconClockPlay, IconPlayerTrackNext } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { flushActivity } from "../activity/listen";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { hasRole, queryClient } from "../api/queries";
import type { Session } from "../api/types";
import { syncClock, useDeskNow } from "../time/clock";
import { fullTime, timeOfDay } from "../time/format";
import classes from "./ClockBanner.module.css";

const FORWARD_SECONDS = 600;

export function ClockBanner({ session }: { session: Session }) {
  const { clock } = session;
  const now = useDeskNow();
  const forward = useMutation({
    mutationFn: () => {
      // What was typed before the jump happened before it.
      flushActivity();
      return ask(client.POST("/api/v1/dev/clock", { body: { advance_seconds: FORWARD_SECONDS } }));
    },
    onSuccess: (answer) => {
      syncClock({ now: answer.now, manual: clock.manual });
      return queryClient.invalidateQueries();
    },
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "The clock did not move",
        message: asProblem(error).message,
      }),
  });
  if (!clock.manual && !clock.can_advance) return null;
  const mayAdvance = clock.can_advance && hasRole(session, "system_admin");

  return (
    <section className={classes.banner} aria-label="The desk's clock" data-not-activity>
      <Group gap={6} wrap="nowrap" miw={0}>
        <IconClockPlay size={16} aria-hidden className={classes.icon} />
        <Text size="sm" truncate>
          <span className={classes.more}>{clock.manual ? "Manual clock" : "Demo"}: it is </span>
          <b className={classes.time}>
            <span className={classes.wide}>{fullTime(now)}</span>
            <span className={classes.narrow}>{timeOfDay(now)}</span>
          </b>{" "}
          <span className={classes.more}>
            {clock.manual ? "and time stands still" : "at this desk"}
          </span>
        </Text>
      </Group>
      {mayAdvance && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlayerTrackNext size={14} aria-hidden />}
          loading={forward.isPending}
          onClick={() => forward.mutate()}
        >
          Fast-forward 10 minutes
        </Button>
      )}
    </section>
  );
}
