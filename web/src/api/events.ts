/**
 * Keeps the pages live: the server's events say what changed, by id only, and the queries about it
 * are asked again. Bursts are gathered, so that a busy desk does not ask without end.
 */
import { useEffect } from "react";
import { refreshCases } from "./caseList";
import { noteMessage, noteStream, SILENCE_MS } from "./connection";
import { keys, queryClient } from "./queries";
import type { Case, Session } from "./types";

const GATHER_MS = 200;
/** One text is several events: of the message, its decision and its case. */
const TOGETHER_MS = 20;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];

type QueryKey = readonly string[];

/** Which queries an event makes stale. Null: all of them. */
export function staleKeys(type: string, data: string): QueryKey[] | null {
  let subject: { case_id?: unknown; id?: unknown } | null;
  try {
    subject = JSON.parse(data) as typeof subject;
  } catch {
    return null;
  }
  const caseId = subject?.case_id;
  const about: QueryKey[] = typeof caseId === "string" ? [keys.case(caseId)] : [];
  switch (type) {
    case "message":
    case "case":
    case "decision":
      // What a case changes in lists and counts is patched in with it.
      return about.length > 0 ? about : [keys.cases];
    case "customer":
      return [keys.cases, ...casesOf(subject?.id)];
    case "presence":
      return [keys.presence];
    case "heartbeat":
      return [];
    default:
      return null;
  }
}

/** The cases of a customer that the page knows: what holds for the customer holds on each of them. */
function casesOf(customerId: unknown): QueryKey[] {
  return queryClient
    .getQueriesData<Case>({ queryKey: ["case"] })
    .filter(([key, item]) => key.length === 2 && item?.customer.id === customerId)
    .map(([key]) => key as QueryKey);
}

/** Listens to the server's events for as long as the component lives. */
export function useEvents(session: Session, listening: boolean): void {
  const clockMoves = session.clock.can_advance || session.clock.manual;
  useEffect(() => {
    if (!listening) return;
    let source: EventSource | null = null;
    let failures = 0;
    let retryTimer: number | undefined;
    let gatherTimer: number | undefined;
    let spreadMs = Number.NEGATIVE_INFINITY;
    let silenceTimer: number | undefined;
    // Without the id of an event a connection cannot resume: it begins with what happens from then on.
    let canResume = false;
    const gathered = new Map<string, QueryKey>();

    function spread() {
      gatherTimer = undefined;
      const stale = [...gathered.values()];
      gathered.clear();
      const isCase = (key: QueryKey) => key[0] === "case";
      for (const queryKey of stale) {
        if (!isCase(queryKey)) void queryClient.invalidateQueries({ queryKey });
      }
      const ids = stale.filter(isCase).flatMap(([, id]) => id ?? []);
      if (ids.length > 0) refreshCases(ids);
      spreadMs = performance.now();
    }

    function note(type: string, data: string) {
      const stale = staleKeys(type, data);
      if (stale === null) {
        void queryClient.invalidateQueries();
        return;
      }
      if (type === "message") noteMessage();
      for (const queryKey of stale) gathered.set(queryKey.join("/"), queryKey);
      if (clockMoves && stale.length > 0) gathered.set("session", keys.session);
      if (gathered.size === 0) return;
      // The first after a silence is shown at once, with what belongs to it; a burst is gathered.
      const isBurst = performance.now() - spreadMs < GATHER_MS;
      gatherTimer ??= window.setTimeout(spread, isBurst ? GATHER_MS : TOGETHER_MS);
    }

    /** A server that hangs breaks no connection, and neither does a network that swallows everything. */
    function listenForSilence() {
      window.clearTimeout(silenceTimer);
      silenceTimer = window.setTimeout(() => {
        noteStream("silent");
        source?.close();
        canResume = false;
        connect();
      }, SILENCE_MS);
    }

    function heard() {
      noteStream("heard");
      listenForSilence();
    }

    function connect() {
      window.clearTimeout(retryTimer);
      source = new EventSource("/api/v1/events");
      listenForSilence();
      source.onopen = () => {
        failures = 0;
        heard();
        // What happened since the pages were read, or since the connection broke, is asked for.
        if (!canResume) {
          for (const queryKey of [keys.cases, ["case"], keys.presence]) {
            void queryClient.invalidateQueries({ queryKey });
          }
        }
      };
      source.onerror = () => {
        noteStream("broken");
        // The browser tries again by itself after a broken connection, but not after a refusal.
        if (source?.readyState !== EventSource.CLOSED) return;
        window.clearTimeout(silenceTimer);
        canResume = false;
        const delayMs = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
        failures += 1;
        retryTimer = window.setTimeout(connect, delayMs);
        void queryClient.invalidateQueries({ queryKey: keys.session });
      };
      for (const type of [
        "message",
        "case",
        "decision",
        "presence",
        "customer",
        "heartbeat",
        "reset",
      ]) {
        source.addEventListener(type, (event) => {
          const { data, lastEventId } = event as MessageEvent<string>;
          canResume ||= lastEventId !== "";
          heard();
          note(type, data);
        });
      }
    }

    connect();
    return () => {
      source?.close();
      window.clearTimeout(retryTimer);
      window.clearTimeout(gatherTimer);
      window.clearTimeout(silenceTimer);
      noteStream("heard");
    };
  }, [listening, clockMoves]);
}
