/** What the header says about reaching the desk, and about texts that did not go out. */
import { notifications } from "@mantine/notifications";
import { IconCloudOff, IconMessageExclamation } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { type Connection, useConnection } from "../api/connection";
import { useAllOutgoing } from "../case/send";
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
      const about = `${id} ${state}`;
      if (told.current.has(about)) continue;
      told.current.add(about);
      // Who looks at the case sees it there.
      if (path === `/cases/${caseId}`) continue;
      notifications.show({
        id: `not-sent-${id}`,
        color: state === "failed" ? "red" : "yellow",
        title: state === "failed" ? "A text was not sent" : "A text is not sent yet",
        message: (
          <>
            To <bdi>{customer}</bdi>.{" "}
            <Link href={`/cases/${caseId}`} onClick={() => notifications.hide(`not-sent-${id}`)}>
              Open
            </Link>
          </>
        ),
        autoClose: 15_000,
      });
    }
  }, [stuck, path]);
  const [first] = stuck;
  if (!first) return null;
  return (
    <Link href={`/cases/${first.caseId}`} className={classes.notSent}>
      <IconMessageExclamation size={16} aria-hidden />
      {stuck.length === 1 ? "1 text" : `${stuck.length} texts`} not sent
    </Link>
  );
}
