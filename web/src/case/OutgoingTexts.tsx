/** The texts of a case that the server has not answered for, below its messages: each says how far it is. */
import { Button } from "@mantine/core";
import { IconAlertTriangle, IconClock, IconPencil, IconSend } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useConnection } from "../api/connection";
import { useDeskNow } from "../time/clock";
import { timeOfDay } from "../time/format";
import classes from "./CaseView.module.css";
import { draftText, keepDraft } from "./drafts";
import type { Outgoing } from "./outgoing";
import { outgoingView } from "./outgoingWords";
import { outgoing, useOutgoing } from "./send";

const NOT_KNOWN =
  "The desk's server does not answer, so it is not known whether it has this text. Try again once it is back.";

function Actions({
  text,
  retry,
  canEdit,
}: {
  text: Outgoing;
  retry: string | null;
  canEdit: boolean;
}) {
  const [editing, setEditing] = useState(false);
  const [unknown, setUnknown] = useState(false);
  const edit = async () => {
    setEditing(true);
    setUnknown(false);
    const taken = await outgoing.edit(text.id);
    setEditing(false);
    setUnknown(taken.kind === "unknown");
    if (taken.kind !== "text") return;
    const begun = draftText(text.caseId);
    keepDraft(text.caseId, begun.trim() === "" ? taken.text : `${taken.text}\n${begun}`);
    document.querySelector<HTMLElement>("#reply")?.focus();
  };
  return (
    <>
      {retry && (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconSend size={13} aria-hidden />}
          onClick={() => outgoing.retry(text.id)}
        >
          {retry}
        </Button>
      )}
      {canEdit && (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconPencil size={13} aria-hidden />}
          loading={editing}
          onClick={() => void edit()}
        >
          Edit
        </Button>
      )}
      {unknown && <span role="alert">{NOT_KNOWN}</span>}
    </>
  );
}

function OutgoingText({ text, behind }: { text: Outgoing; behind: boolean }) {
  // The words change with time alone.
  useDeskNow();
  const online = useConnection() !== "offline";
  const mayDouble = outgoing.mayDouble(text);
  const view = outgoingView(text, { nowMs: Date.now(), online, behind, mayDouble });
  const alarm = view.tone !== "quiet";
  return (
    <li className={classes.message} data-direction="outbound">
      <div className={classes.bubble} data-pending>
        <p className={`${classes.body} stranger`} dir="auto">
          {text.text}
        </p>
      </div>
      <div className={classes.under}>
        <bdi>You</bdi>
        <time dateTime={new Date(text.pressedAtMs).toISOString()}>
          {timeOfDay(text.pressedAtMs)}
        </time>
        <span className={classes.state} data-tone={view.tone}>
          {alarm ? (
            <IconAlertTriangle size={14} aria-hidden />
          ) : (
            <IconClock size={14} aria-hidden />
          )}
          {view.label}
        </span>
        {view.explanation && <span>{view.explanation}</span>}
        <Actions text={text} retry={view.retry} canEdit={view.canEdit} />
      </div>
    </li>
  );
}

/** Renders a place also where there is nothing, so that the conversation can watch it grow. */
export function OutgoingTexts({ caseId }: { caseId: string }) {
  const texts = useOutgoing(caseId);
  const box = useRef<HTMLDivElement>(null);
  const newest = texts.at(-1)?.id;
  const known = useRef(newest);
  useEffect(() => {
    // What one has just sent is what one wants to see.
    if (newest !== undefined && newest !== known.current)
      box.current?.scrollIntoView({ block: "end" });
    known.current = newest;
  }, [newest]);
  const waiting = texts.filter(({ state }) => state !== "failed");
  return (
    <div ref={box} aria-live="polite" aria-relevant="additions text">
      {texts.length > 0 && (
        <ol className={classes.messages} aria-label="On their way">
          {texts.map((text) => (
            <OutgoingText
              key={text.id}
              text={text}
              behind={text.state !== "failed" && waiting[0] !== text}
            />
          ))}
        </ol>
      )}
    </div>
  );
}
