/** One case in the list: who, what they last said, how long they have waited. */
import { Button, VisuallyHidden } from "@mantine/core";
import {
  IconClock,
  IconHourglass,
  IconMessageOff,
  IconMessageQuestion,
  IconRepeatOff,
} from "@tabler/icons-react";
import { memo } from "react";
import { Link } from "wouter";
import { readAhead } from "../api/conversation";
import type { Case } from "../api/types";
import { usePatch } from "../case/CaseHeader";
import { useDraft } from "../case/drafts";
import { useWay } from "../case/send";
import { showsSomething } from "../text/visible";
import { useDeskNow } from "../time/clock";
import { countdown, exactTime, shortTime, stretch } from "../time/format";
import { AssigneeName } from "./AssigneeName";
import classes from "./CaseList.module.css";

const MINUTE_MS = 60_000;

/** How pressing a wait is. */
export function waitTone(waitedMs: number): "calm" | "warn" | "bad" {
  if (waitedMs < 10 * MINUTE_MS) return "calm";
  return waitedMs < 60 * MINUTE_MS ? "warn" : "bad";
}

/** Who said the last thing, as the beginning of a line: colleagues by their first name. */
export function snippetOf(message: Case["last_message"], myId: string): string {
  if (!message) return "No messages yet";
  const none = message.attachments > 0 ? "Attachment" : "(no text)";
  const text = showsSomething(message.body) ? message.body.replace(/\s+/g, " ").trim() : none;
  switch (message.author_kind) {
    case "customer":
      return text;
    case "auto_reply":
      return `Automatic reply: ${text}`;
    case "system":
      return `System: ${text}`;
    default: {
      const { author } = message;
      if (!author) return `Operator: ${text}`;
      return `${author.id === myId ? "You" : author.name.split(/\s/)[0]}: ${text}`;
    }
  }
}

function Waiting({ since }: { since: string }) {
  const waitedMs = useDeskNow(10_000) - Date.parse(since);
  return (
    <span className={classes.badge} data-tone={waitTone(waitedMs)}>
      <IconClock size={13} aria-hidden />
      <VisuallyHidden>waiting for </VisuallyHidden>
      {waitedMs < MINUTE_MS ? "< 1 min" : stretch(waitedMs)}
    </span>
  );
}

function Watch({ dueAt }: { dueAt: string }) {
  const leftMs = Date.parse(dueAt) - useDeskNow();
  return (
    <span className={classes.badge} data-tone="quiet" title="Automatic reply, unless you act">
      <IconHourglass size={13} aria-hidden />
      <VisuallyHidden>automatic reply in </VisuallyHidden>
      {leftMs > 0 ? countdown(leftMs) : "now"}
    </span>
  );
}

function CloseCase({ item, name }: { item: Case; name: string }) {
  const patch = usePatch(item.id);
  return (
    <Button
      size="compact-xs"
      variant="default"
      className={classes.action}
      aria-label={`Close the case of ${name}`}
      loading={patch.isPending}
      onClick={(event) => {
        const row = event.currentTarget.previousElementSibling;
        patch.mutate(
          { status: "closed" },
          // The button that was pressed goes with what it did; the row stands while the list is held.
          { onSuccess: () => row instanceof HTMLElement && row.focus({ preventScroll: true }) },
        );
      }}
    >
      Close
    </Button>
  );
}

interface RowProps {
  item: Case;
  myId: string;
  open: boolean;
}

export const CaseRow = memo(function CaseRow({ item, myId, open }: RowProps) {
  const now = useDeskNow(MINUTE_MS);
  const at = item.last_customer_message_at ?? item.created_at;
  const name = item.customer.name || item.customer.phone_display;
  // What is being written on the open case is beside the list already.
  const draft = useDraft(item.id);
  const begun = open ? "" : draft;
  const way = useWay(item.id);
  // Nobody can answer who has opted out: what is left to do is to close the case.
  const closable = item.customer.opted_out && item.status === "open";
  return (
    <>
      <Link
        href={`/cases/${item.id}`}
        className={classes.link}
        data-case={item.id}
        // The press comes before the click, and the page after it.
        onPointerDown={() => readAhead(item.id)}
        data-unanswered={item.unanswered_since != null || undefined}
        aria-current={open ? "true" : undefined}
      >
        <span className={classes.line}>
          <bdi className={`${classes.grow} ${classes.name}`}>{name}</bdi>
          <time className={classes.quiet} dateTime={at} title={exactTime(Date.parse(at))}>
            {shortTime(Date.parse(at), now)}
          </time>
        </span>
        <span className={classes.line}>
          {way && (
            <span className={classes.draft} data-failed={way === "Not sent" || undefined}>
              {way}
            </span>
          )}
          {item.failed_message && way === null && (
            <span
              className={classes.draft}
              data-failed={item.failed_message.status === "failed" || undefined}
            >
              {item.failed_message.status === "failed" ? "Not delivered" : "Not confirmed"}
            </span>
          )}
          {begun !== "" && <span className={classes.draft}>Draft</span>}
          <bdi className={`${classes.grow} ${classes.snippet}`}>
            {begun !== "" ? begun : snippetOf(item.last_message, myId)}
          </bdi>
        </span>
        <span className={classes.line}>
          <span className={`${classes.grow} ${classes.meta}`}>
            #{item.number} · <AssigneeName person={item.assigned_operator} />
            {item.subject && (
              <>
                {" "}
                · <bdi>{item.subject}</bdi>
              </>
            )}
          </span>
          {item.customer.opted_out && (
            <span className={classes.badge} data-tone="quiet">
              <IconMessageOff size={13} aria-hidden />
              opted out
            </span>
          )}
          {item.loop_guarded && (
            <span className={classes.badge} data-tone="quiet">
              <IconRepeatOff size={13} aria-hidden />
              loop
            </span>
          )}
          {item.reads_like_stop_message_id && (
            <span className={classes.badge} data-tone="warn">
              <IconMessageQuestion size={13} aria-hidden />
              stop?
            </span>
          )}
          {item.watch?.due_at && <Watch dueAt={item.watch.due_at} />}
          {/* Who has opted out cannot be answered, so they wait for nobody. */}
          {item.waiting_since && !item.customer.opted_out && <Waiting since={item.waiting_since} />}
          {closable && <span className={classes.forAction} />}
        </span>
      </Link>
      {closable && <CloseCase item={item} name={name} />}
    </>
  );
});
