/** What the header says about reaching the desk, and about texts that did not go out. */
import { notifications } from "@mantine/notifications";
import { IconCloudOff, IconMessageExclamation, IconMessageX } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { onCaseChanged } from "../api/caseList";
import { type Connection, useConnection } from "../api/connection";
import { useAllOutgoing, wasSentHere } from "../case/send";
import { countWords, useCounts } from "../inbox/counts";
import { changeFilter } from "../inbox/filter";
import classes from "./Signal.module.css";

/** A connection that breaks and comes back within this says nothing. */
const PATIENCE_MS = 3_000;

const WORDS: Record<Exclude<Connection, "ok">, string> = {
  offline: "You are offline",
  silent: "No answer from the desk's server",
  broken: "Reconnecting… What you see may be out of date.",
};

/** Says so when the page does not reach the desk. */
export function ConnectionPill() {
  const connection = useConnection();
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    if (connection !== "broken") {
      setBroken(false);
      return;
    }
    const timer = window.setTimeout(() => setBroken(true), PATIENCE_MS);
    return () => window.clearTimeout(timer);
  }, [connection]);
  const shown = connection === "ok" || (connection === "broken" && !broken) ? null : connection;
  return (
    <div role="status" className={classes.connection}>
      {shown && (
        <span className={classes.pill}>
          <IconCloudOff size={15} aria-hidden /> {WORDS[shown]}
        </span>
      )}
    </div>
  );
}

interface Told {
  id: string;
  caseId: string;
  color: string;
  title: string;
  customer: string;
}

/** Tells of a text whose case is not on the screen. */
function tell({ id, caseId, color, title, customer }: Told) {
  notifications.show({
    id,
    color,
    title,
    message: (
      <>
        To <bdi>{customer}</bdi>.{" "}
        <Link href={`/cases/${caseId}`} onClick={() => notifications.hide(id)}>
          Open
        </Link>
      </>
    ),
    autoClose: 15_000,
  });
}

/** Tells of texts of this page that the carrier did not deliver, once one has moved on. */
function useFailures(path: string) {
  const told = useRef(new Set<string>());
  useEffect(
    () =>
      onCaseChanged(({ id: caseId, customer, failed_message: failed }) => {
        if (!failed || !wasSentHere(failed.id) || told.current.has(failed.id)) return;
        told.current.add(failed.id);
        if (path === `/cases/${caseId}`) return;
        const isFailed = failed.status === "failed";
        tell({
          id: `failed-${failed.id}`,
          caseId,
          color: isFailed ? "red" : "yellow",
          title: isFailed ? "A text was not delivered" : "A text is not confirmed",
          customer: customer.name || customer.phone_display,
        });
      }),
    [path],
  );
}

/** Texts that failed at the carrier: how many of one's cases have one, and the way to them. */
export function FailedTexts({ path }: { path: string }) {
  useFailures(path);
  const counts = useCounts();
  if (!counts || counts.mine.failed === 0) return null;
  const words = countWords(counts.mine.failed, counts.counted_up_to);
  return (
    <Link
      href="/"
      className={classes.notSent}
      onClick={() => changeFilter({ assignedTo: "me", failed: true, waiting: false, q: "" })}
    >
      <IconMessageX size={16} aria-hidden />
      {words}
      <span>{counts.mine.failed === 1 ? "text" : "texts"} failed</span>
    </Link>
  );
}

/** Texts of this page that did not go out: how many, and the way to the first of them. */
export function NotSent({ path }: { path: string }) {
  const stuck = useAllOutgoing().filter(({ state }) => state === "failed" || state === "held");
  const told = useRef(new Set<string>());
  useEffect(() => {
    const cases = new Set<string>();
    for (const { id, caseId, customer, state } of stuck) {
      // One word for those that wait for one another.
      if (cases.has(caseId)) continue;
      cases.add(caseId);
      const about = `not-sent-${id}-${state}`;
      if (told.current.has(about)) continue;
      told.current.add(about);
      // Who looks at the case sees it there.
      if (path === `/cases/${caseId}`) continue;
      const isFailed = state === "failed";
      tell({
        id: about,
        caseId,
        color: isFailed ? "red" : "yellow",
        title: isFailed ? "A text was not sent" : "A text is not sent yet",
        customer,
      });
    }
  }, [stuck, path]);
  const [first] = stuck;
  if (!first) return null;
  return (
    <Link href={`/cases/${first.caseId}`} className={classes.notSent}>
      <IconMessageExclamation size={16} aria-hidden />
      {stuck.length}
      <span>{stuck.length === 1 ? "text" : "texts"} not sent</span>
    </Link>
  );
}
