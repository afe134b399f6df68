/** The setting of how long data is kept, as it is edited. Pure. */
import type { Retention, RetentionInput } from "../api/types";

export const MIN_DAYS = 8;
export const MAX_DAYS = 3_650;
export const MAX_EVENTS_DAYS = 365;

/** A number field may be empty while one is typing. */
type Days = number | "";

export interface Draft {
  /** Null keeps messages for ever. */
  messages_days: Days | null;
  /** Null keeps a decision as long as its message. */
  decisions_days: Days | null;
  events_days: Days;
}

export const FIELDS = ["messages_days", "decisions_days", "events_days"];

/** The part of the setting that can be edited. */
export function draftFrom({ messages_days, decisions_days, events_days }: Retention): Draft {
  return {
    messages_days: messages_days ?? null,
    decisions_days: decisions_days ?? null,
    events_days,
  };
}

function within(days: Days, least: number, most: number): boolean {
  return days !== "" && Number.isInteger(days) && days >= least && days <= most;
}

/** What the page can see to be wrong before the server does. */
export function draftErrors({ messages_days, decisions_days, events_days }: Draft) {
  const errors: Record<string, string> = {};
  const words = "Whole days from 8 to 3,650 (10 years).";
  if (messages_days !== null && !within(messages_days, MIN_DAYS, MAX_DAYS)) {
    errors.messages_days = words;
  }
  if (decisions_days !== null) {
    if (!within(decisions_days, MIN_DAYS, MAX_DAYS)) {
      errors.decisions_days = words;
    } else if (
      messages_days !== null &&
      messages_days !== "" &&
      Number(decisions_days) > messages_days
    ) {
      errors.decisions_days = "At most as long as messages: the record goes with its message.";
    }
  }
  if (!within(events_days, 1, MAX_EVENTS_DAYS)) {
    errors.events_days = "Whole days from 1 to 365.";
  }
  return errors;
}

const days = (count: Days) => (count === 1 ? "1 day" : `${count.toLocaleString("en-US")} days`);

/** What saving will delete for good that was kept before; none if it deletes nothing more. */
export function deletes(draft: Draft, saved: RetentionInput): string[] {
  const shorter = (now: Days | null, was: number | null | undefined) =>
    now !== null && now !== "" && (was == null || now < was);
  const gone: string[] = [];
  if (shorter(draft.messages_days, saved.messages_days)) {
    gone.push(
      `messages that are older than ${days(draft.messages_days ?? 0)}, with their decisions`,
    );
  }
  if (shorter(draft.decisions_days, saved.decisions_days)) {
    gone.push(`the records of decisions that are older than ${days(draft.decisions_days ?? 0)}`);
  }
  return gone;
}
