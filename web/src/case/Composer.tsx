/** Where an operator answers. What is begun is kept when one looks at another case. */
import { Alert, Button, Kbd, Textarea } from "@mantine/core";
import { IconMessageOff, IconSend } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { asProblem } from "../api/problem";
import { useSession } from "../api/queries";
import type { Case } from "../api/types";
import { SegmentLine } from "../text/SegmentLine";
import { countSegments, makePlain } from "../text/segments";
import { useShortcut } from "../ui/shortcuts";
import classes from "./CaseView.module.css";
import { draftOf, keepDraft } from "./drafts";
import { newKey, useSend } from "./send";

const MAX_CHARACTERS = 1600;

function OptedOut({ item }: { item: Case }) {
  return (
    <Alert color="gray" icon={<IconMessageOff aria-hidden />} title="This customer has opted out">
      <bdi>{item.customer.name || item.customer.phone}</bdi> asked not to be texted, so nothing can
      be sent from any of your numbers. If they text START, you can write again.
    </Alert>
  );
}

function hintOf(item: Case, myId: string): string | null {
  const { assigned_operator: operator, secondary_operators: others } = item;
  const joins = operator && operator.id !== myId && !others.some(({ id }) => id === myId);
  const what = [
    item.status === "closed" ? "reopens the case" : null,
    operator ? null : "assigns the case to you",
    joins ? "adds you to the case" : null,
  ].filter((part) => part !== null);
  return what.length > 0 ? `Sending ${what.join(" and ")}.` : null;
}

export function Composer({ item }: { item: Case }) {
  const session = useSession();
  const [text, setText] = useState(() => draftOf(item.id));
  const field = useRef<HTMLTextAreaElement>(null);
  // The same text keeps its key, so that trying again after a lost answer cannot send it twice.
  const attempt = useRef<{ body: string; key: string } | null>(null);
  const send = useSend(item.id);

  useShortcut("r", (event) => {
    if (!field.current) return;
    event.preventDefault();
    field.current.focus();
  });

  const change = (value: string) => {
    setText(value);
    keepDraft(item.id, value);
  };
  const body = text.trim();
  const tooLong = [...body].length > MAX_CHARACTERS;
  const plain = makePlain(text);
  const plainIsCheaper = countSegments(plain.trim()).segments < countSegments(body).segments;
  const submit = () => {
    if (body === "" || tooLong || send.isPending) return;
    if (attempt.current?.body !== body) attempt.current = { body, key: newKey() };
    send.mutate(attempt.current, {
      onSuccess: () => {
        attempt.current = null;
        change("");
        field.current?.focus();
      },
    });
  };
  const problem = send.error ? asProblem(send.error) : null;
  const error = tooLong
    ? "A message can have at most 1,600 characters."
    : problem && (problem.fields.body ?? problem.message);

  if (item.customer.opted_out) {
    return (
      <div className={classes.composer}>
        <div className={classes.composerInner}>
          <OptedOut item={item} />
        </div>
      </div>
    );
  }
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
        <Textarea
          ref={field}
          aria-label="Reply"
          placeholder="Write a reply"
          autosize
          minRows={2}
          maxRows={8}
          value={text}
          error={error}
          onChange={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
              event.preventDefault();
              submit();
            } else if (event.key === "Escape") {
              field.current?.blur();
            }
          }}
        />
        <div className={classes.composerBar}>
          <span className={classes.hint}>
            {body === "" ? (
              (hintOf(item, session.user.id) ?? <Keys />)
            ) : (
              <SegmentLine text={body} brief />
            )}
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
            loading={send.isPending}
            disabled={body === "" || tooLong}
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
