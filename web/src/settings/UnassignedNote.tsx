/** Says where the inactivity reply ends: a case that nobody has gets none (R3), and how many there are. */
import { Anchor, Text } from "@mantine/core";
import { Link } from "wouter";
import type { CaseCounts } from "../api/types";
import { countWords, useCounts } from "../inbox/counts";
import { useDeskNow } from "../time/clock";
import { stretch } from "../time/format";

/** How many open cases nobody has, and how many customers wait on them, in a sentence. */
export function unassignedWords({ unassigned, counted_up_to }: CaseCounts, nowMs: number): string {
  const { open, waiting, oldest_waiting_since: since } = unassigned;
  if (open === 0) return "Every open case has an operator now.";
  const cases =
    open === 1
      ? "1 open case is unassigned now"
      : `${countWords(open, counted_up_to)} open cases are unassigned now`;
  if (waiting === 0 || since === null) return `${cases}.`;
  const customers =
    waiting === 1 ? "1 customer waits" : `${countWords(waiting, counted_up_to)} customers wait`;
  return `${cases}; ${customers}, the longest for ${stretch(nowMs - Date.parse(since))}.`;
}

function HowMany() {
  const counts = useCounts();
  const now = useDeskNow(10_000);
  return counts ? <>{unassignedWords(counts, now)} </> : null;
}

export function UnassignedNote() {
  return (
    <Text size="sm" mb="lg" maw={640}>
      Unassigned cases get no automatic reply. <HowMany />
      In Settings &gt; Channels you{" "}
      <Anchor component={Link} href="/settings/channels" inherit underline="always">
        choose who gets new customers
      </Anchor>
      .
    </Text>
  );
}
