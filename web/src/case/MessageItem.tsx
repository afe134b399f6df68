/** One message: who wrote it, what became of it, and why an automatic reply followed or did not. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconAlertTriangle,
  IconCheck,
  IconChecks,
  IconClock,
  IconFile,
  IconHistory,
  IconMessageOff,
  IconRobot,
  IconSend,
} from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { memo } from "react";
import { refreshCases } from "../api/caseList";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import type { Case, Decision, Message } from "../api/types";
import { Linked } from "../text/Linked";
import { showsSomething } from "../text/visible";
import { useDeskNow } from "../time/clock";
import { exactTime, fullTime, keepUnits, timeOfDay } from "../time/format";
import { usePatch } from "./CaseHeader";
import classes from "./CaseView.module.css";
import { DecisionLine } from "./DecisionLine";
import {
  autoReplyLabel,
  carrierWords,
  type DeliveryView,
  deliveryView,
  keywordLabel,
  lateExplanation,
} from "./delivery";
import { ReadsLikeStop } from "./ReadsLikeStop";
import type { Loudness } from "./runs";
import { outgoing, useOutgoing } from "./send";
import { Why } from "./Why";

const PICTURES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

function Attachments({ message, from }: { message: Message; from: string }) {
  return (
    <div className={classes.attachments}>
      {message.attachments.map(({ url, content_type: type }, index) => {
        const label = `Attachment ${index + 1} from ${from}`;
        return (
          <a
            key={url}
            href={url}
            target="_blank"
            rel="noreferrer"
            className={PICTURES.has(type) ? undefined : classes.attachment}
          >
            {PICTURES.has(type) ? (
              <img
                className={classes.picture}
                src={url}
                alt={label}
                width={180}
                height={140}
                loading="lazy"
              />
            ) : (
              <>
                <IconFile size={16} aria-hidden /> {label} ({type})
              </>
            )}
          </a>
        );
      })}
    </div>
  );
}

function StateIcon({ state, delivered }: { state: DeliveryView; delivered: boolean }) {
  const size = 14;
  if (state.tone === "bad" || state.tone === "warn") {
    return <IconAlertTriangle size={size} aria-hidden />;
  }
  if (delivered) return <IconChecks size={size} aria-hidden />;
  if (state.label === "Sent") return <IconCheck size={size} aria-hidden />;
  if (state.label === "Not sent") return <IconMessageOff size={size} aria-hidden />;
  return <IconClock size={size} aria-hidden />;
}

function CarrierWait({ message }: { message: Message }) {
  const words = carrierWords(message, useDeskNow());
  return words && <span>{keepUnits(words)}</span>;
}

function SendAgain({ item, message }: { item: Case; message: Message }) {
  const under = useOutgoing(item.id).some(({ again }) => again === message.id);
  const sent = outgoing.wasSentAgain(message.id);
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={<IconSend size={13} aria-hidden />}
      loading={under}
      disabled={sent}
      onClick={() =>
        outgoing.press({
          caseId: item.id,
          customer: item.customer.name || item.customer.phone_display,
          text: message.body,
          again: message.id,
        })
      }
    >
      {sent ? "Sent again" : "Send again"}
    </Button>
  );
}

function SameReply({ outcome }: { outcome: Decision["outcome"] }) {
  return (
    <span>{outcome === "sent" ? "Answered by the same reply" : "Waits for the same reply"}</span>
  );
}

function AssignToMe({ item, myId }: { item: Case; myId: string }) {
  const patch = usePatch(item.id);
  if (item.assigned_operator) return null;
  return (
    <Button
      size="compact-xs"
      variant="default"
      ml={8}
      loading={patch.isPending}
      onClick={() =>
        patch.mutate(
          { assigned_operator_id: myId },
          // The button that was pressed goes with what it did.
          { onSuccess: () => document.getElementById("case")?.focus({ preventScroll: true }) },
        )
      }
    >
      Assign to me
    </Button>
  );
}

/** The case says that a text failed until it is sent again, or until somebody has taken note. */
function Dismiss({ item, message }: { item: Case; message: Message }) {
  const dismiss = useMutation({
    mutationFn: () =>
      ask(
        client.POST("/api/v1/cases/{id}/messages/{message_id}/dismiss", {
          params: { path: { id: item.id, message_id: message.id } },
        }),
      ),
    onSuccess: () => refreshCases([item.id]),
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "The text is still marked",
        message: asProblem(error).message,
      }),
  });
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={dismiss.isPending}
      onClick={() => dismiss.mutate()}
    >
      Dismiss
    </Button>
  );
}

interface ItemProps {
  item: Case;
  message: Message;
  decision: Decision | undefined;
  /** How loudly the decision is said. */
  said: Loudness | undefined;
  /** What to say if there is no decision, because its record may have been deleted. */
  recordGone: string | null;
  myId: string;
}

export const MessageItem = memo(function MessageItem(props: ItemProps) {
  const { item, message, decision, said, recordGone, myId } = props;
  const atMs = Date.parse(message.created_at);
  const isAuto = message.author.kind === "auto_reply";
  const inbound = message.direction === "inbound";
  const hasText = showsSomething(message.body);
  const customer = item.customer.name || item.customer.phone_display;
  const author = inbound
    ? customer
    : isAuto
      ? "Automatic reply"
      : message.author.id === myId
        ? "You"
        : message.author.name || "System";
  const state = inbound ? null : deliveryView(message, item.customer.opted_out);
  const keyword = keywordLabel(message);
  const late = lateExplanation(message, customer, fullTime);
  return (
    <li
      className={classes.message}
      data-direction={message.direction}
      data-auto={isAuto || undefined}
    >
      <div className={classes.bubble}>
        {isAuto && (
          <span className={classes.autoLabel}>
            <IconRobot size={15} aria-hidden /> {autoReplyLabel(message.auto_reply)}
          </span>
        )}
        {message.attachments.length > 0 && <Attachments message={message} from={customer} />}
        {hasText && (
          <p className={`${classes.body} stranger`} dir="auto">
            <Linked text={message.body} />
          </p>
        )}
        {!hasText && message.attachments.length === 0 && <p className={classes.body}>(no text)</p>}
      </div>
      <div className={classes.under}>
        {!isAuto && <bdi>{author}</bdi>}
        <time dateTime={message.created_at} title={exactTime(atMs)}>
          {timeOfDay(atMs)}
        </time>
        {late && (
          <span className={classes.state}>
            <IconHistory size={14} aria-hidden />
            Taken in late
          </span>
        )}
        {state && (
          <span className={classes.state} data-tone={state.tone}>
            <StateIcon state={state} delivered={message.delivery?.status === "delivered"} />
            {state.label}
          </span>
        )}
        {state?.explanation && <span>{state.explanation}</span>}
        {(message.delivery?.status === "attempting" || message.delivery?.status === "queued") && (
          <CarrierWait message={message} />
        )}
        {state?.canSendAgain && <SendAgain item={item} message={message} />}
        {item.failed_message?.id === message.id && <Dismiss item={item} message={message} />}
        {decision && said === "same" && <SameReply outcome={decision.outcome} />}
        {decision && said !== "full" && <Why decision={decision} />}
      </div>
      {late && <p className={classes.decision}>{late}</p>}
      {keyword && <p className={classes.decision}>{keyword}</p>}
      {decision && said === "full" && (
        <DecisionLine decision={decision}>
          {decision.outcome === "watching" && decision.reason === "unassigned" && (
            <AssignToMe item={item} myId={myId} />
          )}
        </DecisionLine>
      )}
      {item.reads_like_stop_message_id === message.id && (
        <ReadsLikeStop item={item} messageId={message.id} />
      )}
      {!decision && recordGone && <p className={classes.decision}>{recordGone}</p>}
    </li>
  );
});
