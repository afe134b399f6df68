/** Says where the inactivity reply ends: a case that nobody has gets none (R3), and how many there are. */
import { Anchor, Text } from "@mantine/core";
import { Link } from "wouter";
import { hasRole, useSession } from "../api/queries";
import type { CaseCounts } from "../api/types";
import { countWords, useCounts } from "../inbox/counts";

/** How many open cases nobody has, in a sentence. */
export function unassignedWords({ unassigned, counted_up_to }: CaseCounts): string {
  const { open } = unassigned;
  if (open === 0) return "Every open case has an operator now.";
  return open === 1
    ? "1 open case is unassigned now."
    : `${countWords(open, counted_up_to)} open cases are unassigned now.`;
}

function HowMany() {
  const counts = useCounts();
  return counts ? <>{unassignedWords(counts)} </> : null;
}

export function UnassignedNote() {
  const session = useSession();
  return (
    <Text size="sm" mb="lg" maw={640}>
      Unassigned cases get no automatic reply. {/* Only operators may count cases. */}
      {hasRole(session, "operator") && <HowMany />}
      In Settings &gt; Channels you{" "}
      <Anchor component={Link} href="/settings/channels" inherit underline="always">
        choose who gets new customers
      </Anchor>
      .
    </Text>
  );
}
