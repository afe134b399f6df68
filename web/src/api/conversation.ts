/**
 * A conversation as the page knows it: the newest messages with their decisions, older ones as they are asked for,
 * and from then on only what is new or changed. A thread of any length costs what is read of it.
 */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { ask, client } from "./client";
import { keys, queryClient } from "./queries";
import type { Decision, Deleted, Message, MessagePage } from "./types";

const PAGE = 50;
/** More changes than this at once are no patch: then the newest are read anew. */
const MOST_CHANGES = 200;

/** The messages of a case that have been read, and what is not among them any more. */
export interface Conversation {
  /** Oldest first. */
  messages: Message[];
  /** By the message they are about. */
  decisions: ReadonlyMap<string, Decision>;
  deleted: Deleted;
  /** Leads to the messages before these; null if there are none. */
  olderCursor: string | null;
  /** The place in the log of events up to which this is true. */
  position: string;
}

function byMessage(decisions: Decision[] | null): [string, Decision][] {
  return (decisions ?? []).map((decision) => [decision.message_id, decision]);
}

/** A conversation that begins with its newest messages. */
export function begun(page: MessagePage): Conversation {
  return {
    messages: [...page.items].reverse(),
    decisions: new Map(byMessage(page.decisions)),
    deleted: page.deleted,
    olderCursor: page.next_cursor,
    position: page.position,
  };
}

/** The same with what is new or changed; of messages that have not been read only what is new. */
export function patched(known: Conversation, changes: MessagePage): Conversation {
  const changed = new Map(changes.items.map((message) => [message.id, message]));
  const messages = known.messages.map((message) => {
    const now = changed.get(message.id);
    changed.delete(message.id);
    return now ?? message;
  });
  // What is left is new, or so old that it has not been read. Ids tell the order of creation: a text of one's own may
  // have been put in before the customer's that came a moment earlier is heard of.
  for (const message of [...changed.values()].reverse()) {
    const after = messages.findLastIndex(({ id }) => id < message.id);
    if (after >= 0 || known.olderCursor === null) messages.splice(after + 1, 0, message);
  }
  return {
    messages,
    decisions: new Map([...known.decisions, ...byMessage(changes.decisions)]),
    // Only what leads to the beginning knows whether something was before it.
    deleted: { ...changes.deleted, earlier_messages: known.deleted.earlier_messages },
    olderCursor: known.olderCursor,
    position: changes.position,
  };
}

/** The same with the messages before. */
export function withOlder(known: Conversation, page: MessagePage): Conversation {
  const have = new Set(known.messages.map(({ id }) => id));
  const older = page.items.filter(({ id }) => !have.has(id)).reverse();
  return {
    ...known,
    messages: [...older, ...known.messages],
    // What is known by now is newer than what was read with the page.
    decisions: new Map([...byMessage(page.decisions), ...known.decisions]),
    deleted: { ...known.deleted, earlier_messages: page.deleted.earlier_messages },
    olderCursor: page.next_cursor,
  };
}

interface Query {
  order?: "newest";
  since?: string;
  cursor?: string;
  limit: number;
}

function read(id: string, query: Query, signal?: AbortSignal): Promise<MessagePage> {
  return ask(
    client.GET("/api/v1/cases/{id}/messages", {
      params: { path: { id }, query: { ...query, decisions: true } },
      signal,
    }),
  );
}

const known = (id: string) => queryClient.getQueryData<Conversation>(keys.messages(id));

/** Reads the newest messages, or what changed since they were read. */
export async function readConversation(id: string, signal?: AbortSignal): Promise<Conversation> {
  const before = known(id);
  if (before) {
    const changes = await read(id, { since: before.position, limit: MOST_CHANGES }, signal);
    // What was put in meanwhile (a text sent, older messages) is not lost.
    if (!changes.reset) return patched(known(id) ?? before, changes);
  }
  return begun(await read(id, { order: "newest", limit: PAGE }, signal));
}

const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.messages(id),
    queryFn: ({ signal }) => readConversation(id, signal),
    structuralSharing: false,
  });

/** The conversation of a case. */
export function useConversation(id: string) {
  return useQuery(conversationQuery(id));
}

/** Begins to read a conversation that is about to be opened. */
export function readAhead(id: string): void {
  void queryClient.prefetchQuery(conversationQuery(id));
}

/** Reads the messages before those that are known; `onRead` runs just before they are put in front. */
export async function readOlder(id: string, onRead: () => void): Promise<void> {
  const cursor = known(id)?.olderCursor;
  if (cursor == null) return;
  const page = await read(id, { order: "newest", cursor, limit: PAGE });
  onRead();
  queryClient.setQueryData<Conversation>(keys.messages(id), (now) =>
    // Read anew or further meanwhile: then this page is not the one before.
    now?.olderCursor === cursor ? withOlder(now, page) : now,
  );
}
