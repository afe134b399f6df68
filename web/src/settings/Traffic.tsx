/** What went over a number lately, on its card. */
import { Alert, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { Channel } from "../api/types";
import { useDeskNow } from "../time/clock";
import { ago, exactTime } from "../time/format";

function When({ at, nowMs }: { at: string | null | undefined; nowMs: number }) {
  if (!at) return <>none lately</>;
  const atMs = Date.parse(at);
  return (
    <time dateTime={at} title={exactTime(atMs)}>
      {ago(atMs, nowMs)}
    </time>
  );
}

export function Traffic({ channel }: { channel: Channel }) {
  const now = useDeskNow(5_000);
  const { last_failure: failure } = channel;
  return (
    <>
      <Text size="sm" mt="sm">
        Last text in: <When at={channel.last_in_at} nowMs={now} />. Last text out:{" "}
        <When at={channel.last_out_at} nowMs={now} />.
      </Text>
      {failure && (
        <Alert
          mt="sm"
          color="yellow"
          icon={<IconAlertTriangle aria-hidden />}
          title={
            <>
              Last text that failed: <When at={failure.at} nowMs={now} />
            </>
          }
        >
          {failure.sentence}
        </Alert>
      )}
    </>
  );
}
