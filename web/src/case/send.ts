/** How texts go out from this page: the store of outgoing texts, tied to the server, the network and the person. */
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { refreshCases } from "../api/caseList";
import { client } from "../api/client";
import { isOnline, onReturn, onTold } from "../api/connection";
import type { Conversation } from "../api/conversation";
import { problemFrom, unreachable } from "../api/problem";
import { keys, leave, queryClient, sessionQuery } from "../api/queries";
import type { Message, Session } from "../api/types";
import { deskNow } from "../time/clock";
import { eraseKept, type Keeper, keeperOf } from "./keeping";
import { createOutgoing, type Outcome, type Outgoing } from "./outgoing";

const GIVE_UP_MS = 10_000;
const MOST_PATIENCE_MS = 30_000;

/** A fresh key, also where the page is not on https and `crypto.randomUUID` is missing. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const isMessage = (data: unknown): data is Message =>
  typeof data === "object" && data !== null && "id" in data && "body" in data;

/** What a refusal says about the text. */
function sentenceOf(status: number, body: unknown): string {
  const problem = problemFrom(status, body);
  return problem.fields.body ?? problem.message;
}

/** What an answer means for the text that was posted. */
export function outcomeOf(response: Response, data: unknown, error: unknown): Outcome<Message> {
  const { status } = response;
  // A sign-in page of somebody's network also says 200.
  if (response.ok)
    return isMessage(data) ? { kind: "taken", message: data } : { kind: "unanswered" };
  if (status === 401) return { kind: "signed_out" };
  if (status === 429 || status === 503) {
    const seconds = Number(response.headers.get("Retry-After") ?? 0);
    const afterMs = Number.isFinite(seconds) ? Math.min(seconds * 1000, MOST_PATIENCE_MS) : 0;
    const sentence = sentenceOf(status, error);
    return { kind: "busy", sentence, afterMs, unsure: status === 503 };
  }
  if (status >= 500) return { kind: "unanswered" };
  // 403 is decided before the key is looked at: an earlier request may still have sent it.
  return { kind: "refused", sentence: sentenceOf(status, error), certain: status !== 403 };
}

async function post(text: Outgoing, timeoutMs: number): Promise<Outcome<Message>> {
  try {
    const { data, error, response } = await client.POST("/api/v1/cases/{id}/messages", {
      params: { path: { id: text.caseId }, header: { "Idempotency-Key": text.key } },
      body: { body: text.text },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return outcomeOf(response, data, error);
  } catch {
    return { kind: "unanswered" };
  }
}

async function giveUp({ caseId, key }: Outgoing): Promise<Message | null> {
  const { data, response } = await client.DELETE("/api/v1/cases/{id}/idempotency-keys/{key}", {
    params: { path: { id: caseId, key } },
    signal: AbortSignal.timeout(GIVE_UP_MS),
  });
  // A case that is gone sends nothing.
  if (response.status === 404) return null;
  if (!data || data.message === undefined) throw unreachable();
  return data.message;
}

/** What was sent from this page: of these its author is told if they fail later. */
const sentHere = new Set<string>();

/** Whether a message was sent from this page. */
export function wasSentHere(messageId: string): boolean {
  return sentHere.has(messageId);
}

/** Shows a message that was sent. */
function taken({ caseId }: Outgoing, message: Message): void {
  sentHere.add(message.id);
  queryClient.setQueryData<Conversation>(keys.messages(caseId), (known) =>
    known && !known.messages.some((each) => each.id === message.id)
      ? { ...known, messages: [...known.messages, message] }
      : known,
  );
  refreshCases([caseId]);
  void queryClient.invalidateQueries({ queryKey: keys.presence });
}

let owner: string | null = null;
let keeper: Keeper | null = null;
/** How often the texts changed, and up to which of these changes they are kept. */
let [changes, kept] = [0, 0];

async function save(texts: readonly Outgoing[]): Promise<void> {
  changes += 1;
  const change = changes;
  if (await keeper?.save(texts)) kept = change;
}

/** An old answer may come after signing in again, so it is asked who is there now. */
async function signedOut(): Promise<void> {
  const before = owner;
  const session = await queryClient
    .fetchQuery({ ...sessionQuery, staleTime: 0 })
    .catch(() => undefined);
  if (session && session.user.id === before) outgoing.resume();
}

/** The texts of the person at this page that the server has not answered for. */
export const outgoing = createOutgoing<Message>({
  post,
  giveUp,
  taken,
  signedOut: () => void signedOut(),
  save,
  online: isOnline,
  now: () => Date.now(),
  deskNow,
  newKey,
  later: (delayMs, run) => {
    const timer = window.setTimeout(run, delayMs);
    return () => window.clearTimeout(timer);
  },
});

/** What would be lost with the page is asked about before it goes. */
function hold(event: BeforeUnloadEvent) {
  const texts = outgoing.texts();
  if (texts.length > 0 && (kept !== changes || texts.some(({ state }) => state !== "sending"))) {
    event.preventDefault();
  }
}
outgoing.subscribe(() => {
  if (outgoing.texts().length > 0) window.addEventListener("beforeunload", hold);
  else window.removeEventListener("beforeunload", hold);
});

function forget() {
  keeper?.end();
  keeper = null;
  owner = null;
  sentHere.clear();
  outgoing.forget();
  eraseKept();
}

// One cookie for all tabs: who leaves in one has left in all, and nothing of theirs goes out under another name.
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("backsoon.session") : null;
if (tabs) {
  tabs.onmessage = () => {
    forget();
    leave();
  };
}

/** The person leaves: nothing of theirs stays, in any tab. */
export function signOutHere(): void {
  tabs?.postMessage("left");
  forget();
  leave();
}

async function begin({ user, browser_key: browserKey }: Session): Promise<void> {
  if (owner === user.id) {
    outgoing.resume();
    return;
  }
  if (owner !== null) forget();
  owner = user.id;
  const own = keeperOf(user.id, browserKey);
  const found = await own.load();
  // Somebody else may have come meanwhile.
  if (owner !== user.id) return;
  keeper = own;
  outgoing.resume(Array.isArray(found) ? (found as Outgoing[]) : []);
  void save(outgoing.texts());
}

/** Lets the person's texts go out for as long as they are signed in. */
export function useSending(session: Session): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same person with the same key is the same.
  useEffect(() => {
    void begin(session);
    const ends = [onReturn(outgoing.hurry, outgoing.pump), onTold(() => outgoing.settle())];
    return () => {
      for (const end of ends) end();
      outgoing.pause();
    };
  }, [session.user.id, session.browser_key]);
}

/** All of the person's outgoing texts, while they change. */
export function useAllOutgoing(): readonly Outgoing[] {
  return useSyncExternalStore(outgoing.subscribe, outgoing.texts);
}

/** The outgoing texts of one case, in the order in which they were pressed. */
export function useOutgoing(caseId: string): readonly Outgoing[] {
  const all = useAllOutgoing();
  return useMemo(() => all.filter((text) => text.caseId === caseId), [all, caseId]);
}

function wayOf(caseId: string): "Not sent" | "Sending" | null {
  const own = outgoing.texts().filter((text) => text.caseId === caseId);
  if (own.some(({ state }) => state === "failed" || state === "held")) return "Not sent";
  return own.length > 0 ? "Sending" : null;
}

/** How the texts of a case stand, for its row; null if none is on its way. */
export function useWay(caseId: string): "Not sent" | "Sending" | null {
  return useSyncExternalStore(outgoing.subscribe, () => wayOf(caseId));
}
