/** The customers whom nobody has taken yet, told where one looks for one's own, with a way to take the next. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient } from "../api/queries";
import type { Case, CaseCounts } from "../api/types";
import { useDeskNow } from "../time/clock";
import { keepUnits, stretch } from "../time/format";
import { navigate } from "../ui/navigation";
import { State } from "../ui/State";
import classes from "./CaseList.module.css";
import { countWords } from "./counts";

const MINUTE_MS = 60_000;

/** Takes the one who has waited longest and opens the case; null if somebody else was faster. */
async function takeNext(myId: string): Promise<Case | null> {
  const page = await ask(
    client.GET("/api/v1/cases", {
      params: {
        query: { status: "open", assigned_to: "none", waiting: true, order: "waiting", limit: 1 },
      },
    }),
  );
  const next = page.items[0];
  if (!next) return null;
  return ask(
    client.PATCH("/api/v1/cases/{id}", {
      params: { path: { id: next.id } },
      body: { assigned_operator_id: myId },
    }),
  );
}

function useTakeNext(myId: string) {
  return useMutation({
    mutationFn: () => takeNext(myId),
    onSuccess: (taken) => {
      void queryClient.invalidateQueries({ queryKey: keys.cases });
      if (taken) {
        queryClient.setQueryData<Case>(keys.case(taken.id), taken);
        navigate(`/cases/${taken.id}`);
      } else {
        notifications.show({ message: "Nobody waits any more: your colleagues were faster." });
      }
    },
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "No case was taken",
        message: asProblem(error).message,
      }),
  });
}

/** "31 unassigned customers wait, the longest for 12 min". */
export function poolWords({ unassigned, counted_up_to: limit }: CaseCounts, nowMs: number): string {
  const { waiting, oldest_waiting_since: since } = unassigned;
  const waitedMs = since === null ? 0 : nowMs - Date.parse(since);
  const long = waitedMs < MINUTE_MS ? "less than 1 min" : stretch(waitedMs);
  return keepUnits(
    waiting === 1
      ? `1 unassigned customer has waited for ${long}`
      : `${countWords(waiting, limit)} unassigned customers wait, the longest for ${long}`,
  );
}

interface PoolProps {
  counts: CaseCounts;
  myId: string;
}

/** A line above one's own cases. */
export function PoolLine({ counts, myId }: PoolProps) {
  const now = useDeskNow(10_000);
  const take = useTakeNext(myId);
  return (
    <section className={classes.pool} aria-label="Unassigned customers">
      <span>{poolWords(counts, now)}</span>
      <Button size="compact-sm" loading={take.isPending} onClick={() => take.mutate()}>
        Take the next
      </Button>
    </section>
  );
}

interface EmptyProps extends PoolProps {
  onShow: () => void;
}

/** In the place of one's own cases, where there are none but somebody else needs one. */
export function EmptyMine({ counts, myId, onShow }: EmptyProps) {
  const now = useDeskNow(10_000);
  const take = useTakeNext(myId);
  return (
    <State
      inner
      kind="empty"
      title="No open cases of yours"
      action={{ label: "Take the next", run: () => take.isPending || take.mutate() }}
      other={{ label: "Show all that wait", run: onShow }}
    >
      {poolWords(counts, now)}.
    </State>
  );
}
