/** The conversation, oldest first, held at its end unless one has scrolled up to read; older messages come as one does. */
import { Button } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import {
  Fragment,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { type Conversation, readOlder } from "../api/conversation";
import type { Case } from "../api/types";
import { useDeskNow } from "../time/clock";
import { dayName, sameDay } from "../time/format";
import { State } from "../ui/State";
import classes from "./CaseView.module.css";
import { earlierWords, recordGoneWords } from "./deleted";
import { MessageItem } from "./MessageItem";
import { OutgoingTexts } from "./OutgoingTexts";
import { loudness } from "./runs";
import { useOutgoing } from "./send";

const NEAR_PX = 80;
/** So far from the beginning of what was read, more is read. */
const AHEAD_PX = 800;

/** Reads older messages, and keeps the place of those that one looks at when they are put in front. */
function useOlder(id: string, box: RefObject<HTMLElement | null>, firstId: string | undefined) {
  const [state, setState] = useState<"idle" | "reading" | "failed">("idle");
  const heightBefore = useRef<number | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: that there is another first message is why it runs.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || heightBefore.current === null) return;
    element.scrollTop += element.scrollHeight - heightBefore.current;
    heightBefore.current = null;
    setState("idle");
  }, [firstId]);

  const read = () => {
    if (state === "reading") return;
    setState("reading");
    readOlder(id, () => {
      heightBefore.current = box.current?.scrollHeight ?? null;
    }).then(
      // Nothing may have been left to put in front.
      () => window.setTimeout(() => setState("idle")),
      () => setState("failed"),
    );
  };
  return { read, reading: state === "reading", failed: state === "failed" };
}

interface ThreadProps {
  item: Case;
  conversation: Conversation;
  myId: string;
}

export function Thread({ item, conversation, myId }: ThreadProps) {
  const { messages, decisions, deleted } = conversation;
  const outgoing = useOutgoing(item.id);
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [behind, setBehind] = useState(false);
  const today = useDeskNow(60_000);
  const lastId = messages.at(-1)?.id;
  const decided = decisions.size;
  const said = useMemo(() => loudness(messages, decisions), [messages, decisions]);
  const older = useOlder(item.id, box, messages[0]?.id);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what was added is why it runs.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    if (atEnd.current) element.scrollTop = element.scrollHeight;
    else setBehind(true);
  }, [lastId, decided]);

  // A reply that grows while it is written, a window made smaller, a message that says more: its end stays in sight.
  const empty = messages.length === 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: with the first message there is a list to observe.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    for (const observed of [element, ...element.children]) observer.observe(observed);
    return () => observer.disconnect();
  }, [empty]);

  const toEnd = () => {
    const element = box.current;
    element?.scrollTo({ top: element.scrollHeight });
    // The button that was pressed goes.
    element?.focus({ preventScroll: true });
    setBehind(false);
  };

  return (
    <div className={classes.threadBox}>
      <section
        ref={box}
        className={classes.thread}
        aria-label="Conversation"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard.
        tabIndex={0}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
          if (atEnd.current) setBehind(false);
          if (scrollTop < AHEAD_PX && conversation.olderCursor !== null) older.read();
        }}
      >
        {conversation.olderCursor !== null && (
          <div className={classes.day}>
            <Button size="xs" variant="subtle" loading={older.reading} onClick={older.read}>
              {older.failed ? "Earlier messages could not be read. Try again" : "Earlier messages"}
            </Button>
          </div>
        )}
        {deleted.earlier_messages && (
          <p className={classes.day}>{earlierWords(deleted, messages.length > 0)}</p>
        )}
        {empty ? (
          !deleted.earlier_messages &&
          outgoing.length === 0 && (
            <State inner kind="empty" title="No messages yet">
              Write the first one below.
            </State>
          )
        ) : (
          <ol
            className={classes.messages}
            aria-label="Messages"
            // What was there before is read when one goes there, not said when it is put in front.
            aria-live={older.reading ? "off" : "polite"}
            aria-relevant="additions"
          >
            {messages.map((message, index) => {
              const atMs = Date.parse(message.created_at);
              const before = messages[index - 1];
              const newDay = !before || !sameDay(Date.parse(before.created_at), atMs);
              return (
                <Fragment key={message.id}>
                  {newDay && <li className={classes.day}>{dayName(atMs, today)}</li>}
                  <MessageItem
                    item={item}
                    message={message}
                    decision={decisions.get(message.id)}
                    said={said.get(message.id)}
                    recordGone={recordGoneWords(message, deleted)}
                    myId={myId}
                  />
                </Fragment>
              );
            })}
          </ol>
        )}
        <OutgoingTexts caseId={item.id} />
      </section>
      {behind && (
        <Button
          className={classes.toNewest}
          size="xs"
          radius="xl"
          leftSection={<IconArrowDown size={14} aria-hidden />}
          onClick={toEnd}
        >
          New messages
        </Button>
      )}
    </div>
  );
}
