/**
 * When an open case counts as seen. The server notes "seen" as activity of the operator, so it must
 * rest on a human's act and not on a page that happens to lie open: the newest customer message
 * must be on a visible, focused page, and there must have been input since it appeared (opening the
 * case is such an input). An abandoned page with an open case goes inactive like any other.
 */
import { useEffect, useRef } from "react";
import { attended, lastInputAt, onInput } from "../activity/listen";
import { ask, client } from "../api/client";
import type { Case, Message } from "../api/types";

/** The input that opened a case comes this much before the case is on the page. */
export const OPENING_MS = 2_000;

interface SeenFacts {
  assignedToMe: boolean;
  newestId: string | null;
  reportedId: string | null;
  attended: boolean;
  /** When the newest message appeared on the page. */
  appearedMs: number;
  lastInputMs: number;
}

/** Whether to report the case as seen now. */
export function shouldReportSeen(facts: SeenFacts): boolean {
  return (
    facts.assignedToMe &&
    facts.newestId !== null &&
    facts.newestId !== facts.reportedId &&
    facts.attended &&
    facts.lastInputMs >= facts.appearedMs
  );
}

/** Reports an open case as seen. */
export function useSeen(item: Case, messages: Message[] | undefined, myId: string): void {
  const newestId = messages?.findLast((message) => message.direction === "inbound")?.id ?? null;
  const assignedToMe = item.assigned_operator?.id === myId;
  const openedMs = useRef(performance.now());
  const newest = useRef({ id: null as string | null, appearedMs: 0 });
  const reportedId = useRef<string | null>(null);
  const caseId = item.id;

  useEffect(() => {
    if (newest.current.id !== newestId) {
      const first = newest.current.id === null;
      newest.current = {
        id: newestId,
        appearedMs: first ? openedMs.current - OPENING_MS : performance.now(),
      };
    }
    const consider = () => {
      const facts = {
        assignedToMe,
        newestId,
        reportedId: reportedId.current,
        attended: attended(),
        appearedMs: newest.current.appearedMs,
        lastInputMs: lastInputAt(),
      };
      if (!shouldReportSeen(facts)) return;
      reportedId.current = newestId;
      ask(client.POST("/api/v1/cases/{id}/seen", { params: { path: { id: caseId } } })).catch(
        () => {
          // The next input tries again.
          reportedId.current = null;
        },
      );
    };
    consider();
    return onInput(consider);
  }, [assignedToMe, newestId, caseId]);
}
