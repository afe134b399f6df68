/** What is said about a text that the server has not answered for. Pure. */
import { stretch } from "../time/format";
import type { Outgoing } from "./outgoing";

/** How long a request may take before that is said. */
const SLOW_MS = 5_000;

export interface OutgoingView {
  label: string;
  tone: "quiet" | "warn" | "bad";
  explanation: string | null;
  /** What trying it is called; null where it goes by itself. */
  retry: "Try again" | "Send now" | null;
  canEdit: boolean;
}

interface Facts {
  /** This computer's clock, in milliseconds since 1970. */
  nowMs: number;
  online: boolean;
  /** Another text of the same case is before it. */
  behind: boolean;
  /** The server may have forgotten its key. */
  mayDouble: boolean;
}

const LOOK_FIRST =
  "It is not known any more whether it was sent. Look at the conversation before you send it again.";

function asked(text: Outgoing, { nowMs, online, mayDouble }: Facts): string {
  if (mayDouble) return LOOK_FIRST;
  const waited = stretch(nowMs - text.wantedAtMs);
  if (!online) return `You have been offline for ${waited}.`;
  const safe = text.unsure ? " The desk may have it already; it is not sent twice." : "";
  switch (text.cause) {
    case "offline":
      return `You were offline for ${waited}.${safe} Send now?`;
    case "signed_out":
      return `You were signed out for ${waited}.${safe} Send now?`;
    case "busy":
    case "unanswered":
      return `The desk's server did not take it for ${waited}.${safe} Send now?`;
    default:
      return `It has waited for ${waited}.${safe} Send now?`;
  }
}

/** How a text that is on its way is shown. */
export function outgoingView(text: Outgoing, facts: Facts): OutgoingView {
  switch (text.state) {
    case "sending":
      return {
        label: "Sending…",
        tone: "quiet",
        explanation:
          facts.nowMs - text.triedAtMs < SLOW_MS ? null : "No answer from the desk's server yet.",
        retry: null,
        canEdit: false,
      };
    case "queued":
      return {
        label: !facts.online
          ? "Waiting for the network"
          : facts.behind
            ? "Waiting for the text before it"
            : text.tries === 0
              ? "Sending…"
              : "Waiting for the desk's server",
        tone: facts.online ? "quiet" : "warn",
        explanation: facts.online && !facts.behind && text.cause === "busy" ? text.sentence : null,
        retry: null,
        canEdit: !facts.online || text.tries > 0 || facts.behind,
      };
    case "held":
      return {
        label: "Not sent yet",
        tone: "warn",
        explanation: facts.behind ? "The text before it waits, too." : asked(text, facts),
        retry: facts.behind ? null : "Send now",
        canEdit: true,
      };
    case "failed":
      return {
        label: "Not sent",
        tone: "bad",
        explanation: facts.mayDouble
          ? LOOK_FIRST
          : text.withOther
            ? "The text before it was not sent."
            : text.sentence,
        retry: "Try again",
        canEdit: true,
      };
  }
}
