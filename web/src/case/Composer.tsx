/** Where an operator writes. What is begun is kept when one looks at another case; what is sent has left it. */
import { Alert, Button, Group, Kbd, Textarea } from "@mantine/core";
import { IconMessageOff, IconSend, IconUsers } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useSession } from "../api/queries";
import type { Case, Message } from "../api/types";
import { SegmentLine } from "../text/SegmentLine";
import { countSegments, makePlain } from "../text/segments";
import { showsSomething } from "../text/visible";
import { useDeskNow } from "../time/clock";
import { useShortcut } from "../ui/shortcuts";
import classes from "./CaseView.module.css";
import { draftBegan, keepDraft, restartDraft, useDraftText } from "./drafts";
import { meanwhile, seenOf } from "./meanwhile";
import { OptedOut } from "./OptedOut";
import { outgoing } from "./send";

/** The carrier's limit, in UTF-16 units. */
const MAX_UNITS = 1600;

function NothingCanBeSent({ item: { customer } }: { item: Case }) {
  return (
    <Alert color="gray" icon={<IconMessageOff aria-hidden />} title="This customer is opted out">
      <OptedOut name={customer.name || customer.phone_display} by={customer.opted_out_by} />, so
      nothing can be sent from any of your numbers. If they text START, you can write again.
    </Alert>
  );
}

/** What sending does beside sending. */
export function hintOf(item: Case, myId: string): string | null {
  const { assigned_operator: operator, secondary_operators: others } = item;
  const joins = operator && operator.id !== myId && !others.some(({ id }) => id === myId);
  const what = [
    item.status === "closed" ? "reopens the case" : null,
    operator ? null : "assigns the case to you",
    joins ? "adds you to the case" : null,
  ].filter((part) => part !== null);
  return what.length > 0 ? `Sending ${what.join(" and ")}.` : null;
}

interface ComposerProps {
  item: Case;
  messages: readonly Message[];
}

export function Composer({ item, messages }: ComposerProps) {
  const session = useSession();
  const myId = session.user.id;
  const text = useDraftText(item.id);
  const field = useRef<HTMLTextAreaElement>(null);
  const sendAnyway = useRef<HTMLButtonElement>(null);
  const [asking, setAsking] = useState(false);
  const now = useDeskNow(5_000);

  useShortcut("r", (event) => {
    if (!field.current) return;
    event.preventDefault();
    field.current.focus();
  });

  const change = (value: string) => keepDraft(item.id, value, seenOf(item, messages, myId));
  const body = text.trim();
  const empty = !showsSomething(body);
  const tooLong = body.length > MAX_UNITS;
  const plain = makePlain(text);
  const plainIsCheaper = countSegments(plain.trim()).segments < countSegments(body).segments;
  const news = meanwhile(draftBegan(item.id), item, messages, myId, now);
  const asks = asking && news !== null;
  useEffect(() => {
    if (asks) sendAnyway.current?.focus();
  }, [asks]);

  const send = () => {
    setAsking(false);
    const { customer } = item;
    outgoing.press({
      caseId: item.id,
      customer: customer.name || customer.phone_display,
      text: body,
    });
    keepDraft(item.id, "");
    field.current?.focus();
  };
  const submit = () => {
    if (empty || tooLong) return;
    if (!news) return send();
    setAsking(true);
    sendAnyway.current?.focus();
  };
  const keepWriting = () => {
    setAsking(false);
    restartDraft(item.id, seenOf(item, messages, myId));
    field.current?.focus();
  };

  if (item.customer.opted_out) {
    return (
      <div className={classes.composer}>
        <div className={classes.composerInner}>
          <NothingCanBeSent item={item} />
        </div>
      </div>
    );
  }
  const hint = hintOf(item, myId);
  return (
    <form
      noValidate
      className={classes.composer}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className={classes.composerInner}>
        <div role="status">
          {news && (
            <Alert
              color="yellow"
              mb="xs"
              py="xs"
              icon={<IconUsers aria-hidden />}
              onKeyDown={(event) => {
                if (event.key === "Escape") keepWriting();
              }}
            >
              <Group gap="xs" justify="space-between">
                <span>
                  {news} {asks && "Send anyway?"}
                </span>
                {asks && (
                  <Group gap="xs">
                    <Button ref={sendAnyway} size="compact-sm" onClick={send}>
                      Send anyway
                    </Button>
                    <Button size="compact-sm" variant="default" onClick={keepWriting}>
                      Keep writing
                    </Button>
                  </Group>
                )}
              </Group>
            </Alert>
          )}
        </div>
        <Textarea
          ref={field}
          id="reply"
          aria-label="Reply"
          placeholder="Write a reply"
          autosize
          minRows={2}
          maxRows={8}
          value={text}
          error={tooLong && "A message can have at most 1,600 characters."}
          onChange={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              // A key that is held down is one press.
              if (!event.repeat) submit();
            } else if (event.key === "Escape") {
              field.current?.blur();
            }
          }}
        />
        <div className={classes.composerBar}>
          <span className={classes.hint}>
            {hint && <span>{hint} </span>}
            {body !== "" ? <SegmentLine text={body} brief /> : hint === null && <Keys />}
            {plainIsCheaper && (
              <Button
                size="compact-xs"
                variant="subtle"
                title="Typographic quotes and dashes make it cost more segments"
                onClick={() => {
                  change(plain);
                  field.current?.focus();
                }}
              >
                Replace with plain characters
              </Button>
            )}
          </span>
          <Button
            type="submit"
            size="sm"
            leftSection={<IconSend size={16} aria-hidden />}
            disabled={empty || tooLong}
          >
            Send
          </Button>
        </div>
      </div>
    </form>
  );
}

function Keys() {
  return (
    <span className={classes.keys}>
      <Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd> sends
    </span>
  );
}
