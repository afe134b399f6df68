/** How far a message to the customer has come, in words. Pure. */
import type { Message } from "../api/types";
import { stretch } from "../time/format";

export type Tone = "quiet" | "good" | "warn" | "bad";

export interface DeliveryView {
  label: string;
  tone: Tone;
  /** What happened and what follows from it, where the label alone would leave one guessing. */
  explanation: string | null;
  /** Whether the operator may send the same text again. */
  canSendAgain: boolean;
}

type Outbound = Pick<Message, "delivery" | "author">;

const plain = (label: string, tone: Tone = "quiet"): DeliveryView => ({
  label,
  tone,
  explanation: null,
  canSendAgain: false,
});

function sentence(text: string | null | undefined): string {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "") return "";
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** The state of an outbound message; null for one that has none. */
export function deliveryView(
  { delivery, author }: Outbound,
  optedOut: boolean,
): DeliveryView | null {
  if (!delivery) return null;
  const isHuman = author.kind === "operator";
  const later = isHuman && optedOut ? " It can be sent again after they text START." : "";
  const error = sentence(delivery.error);
  switch (delivery.status) {
    case "queued":
      return plain("Queued");
    case "attempting":
      return plain("Sending…");
    case "sent":
      return plain("Sent");
    case "delivered":
      return plain("Delivered", "good");
    case "failed":
      return {
        label: "Not delivered",
        tone: "bad",
        explanation: (error || "The carrier refused this message without giving a reason.") + later,
        canSendAgain: isHuman && !optedOut,
      };
    case "cancelled":
      return {
        label: "Not sent",
        tone: "quiet",
        explanation: error || "It was called off before it reached the carrier.",
        canSendAgain: false,
      };
    case "unconfirmed":
      return {
        label: "Unconfirmed",
        tone: "warn",
        explanation: isHuman
          ? "The carrier's answer was lost, so the customer may or may not have this message. " +
            (optedOut ? later.trimStart() : "If you send it again, they may get it twice.")
          : "The carrier's answer was lost, so the customer may or may not have this message. " +
            "An automatic reply is never sent twice; a word from you would settle it.",
        canSendAgain: isHuman && !optedOut,
      };
    default:
      return plain(String(delivery.status));
  }
}

/** How long the carrier may take before that is said. */
const SLOW_MS = 5_000;

/** What is waited for while the carrier has not taken a message; null while that is nothing out of the ordinary. */
export function carrierWords(
  { delivery, created_at: createdAt }: Pick<Message, "delivery" | "created_at">,
  nowMs: number,
): string | null {
  if (!delivery || nowMs - Date.parse(createdAt) < SLOW_MS) return null;
  const leftMs = delivery.next_try_at ? Date.parse(delivery.next_try_at) - nowMs : null;
  const when = leftMs !== null && leftMs > 0 ? `in ${stretch(leftMs + 999)}` : "now";
  switch (delivery.status) {
    case "attempting":
      return leftMs === null
        ? "No answer from the carrier yet."
        : `No answer from the carrier yet, asked again ${when}.`;
    case "queued":
      return leftMs === null ? null : `The carrier did not take it, offered again ${when}.`;
    default:
      return null;
  }
}

/** What kind of automatic reply a message is. */
export function autoReplyLabel(autoReply: Message["auto_reply"]): string {
  switch (autoReply?.kind) {
    case "inactivity":
      return "Automatic reply · inactivity";
    case "personal_inactivity":
      return "Automatic reply · personal, inactivity";
    case "away":
      return "Automatic reply · personal, away";
    case "office_hours":
      return "Automatic reply · personal, outside office hours";
    default:
      return "Automatic reply";
  }
}

/** Why a customer's message stands where it does though it was sent earlier; null if it came in time. */
export function lateExplanation(
  { backfilled, sent_at: sentAt }: Pick<Message, "backfilled" | "sent_at">,
  customer: string,
  when: (instantMs: number) => string,
): string | null {
  if (!backfilled) return null;
  const sent = sentAt ? ` on ${when(Date.parse(sentAt))}` : "";
  return `${customer} sent this${sent}. The carrier's notice of it never reached the desk; it was found in the carrier's list later.`;
}

/** What a keyword did, for the line under a customer's message. */
export function keywordLabel({
  keyword,
  backfilled,
}: Pick<Message, "keyword" | "backfilled">): string | null {
  if (backfilled && (keyword === "opt_out" || keyword === "opt_in")) {
    return "Found late: it counts unless the customer said the opposite after it.";
  }
  switch (keyword) {
    case "opt_out":
      return "Opted out: no more messages can be sent to this customer.";
    case "opt_in":
      return "Opted back in: messages can be sent again.";
    case "help":
      return "Asked for help: the carrier answers this keyword by itself.";
    default:
      return null;
  }
}
