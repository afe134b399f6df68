/** What the pages read, each with its key, and how the session begins and ends. */
import {
  keepPreviousData,
  MutationCache,
  QueryCache,
  QueryClient,
  queryOptions,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { forgetDrafts } from "../case/drafts";
import { syncClock } from "../time/clock";
import { ask, client, isPassing, whenSignedOut } from "./client";
import { Problem } from "./problem";
import type { Case, CasePage, Decision, Deleted, Message, Role, Session } from "./types";

export const keys = {
  session: ["session"] as const,
  presence: ["presence"] as const,
  cases: ["cases"] as const,
  case: (id: string) => ["case", id] as const,
  messages: (id: string) => ["case", id, "messages"] as const,
  decisions: (id: string) => ["case", id, "decisions"] as const,
  operators: ["operators"] as const,
  inactivityReply: ["inactivity-reply"] as const,
  retention: ["retention"] as const,
  customers: ["customers"] as const,
  myAutoReply: ["my-auto-reply"] as const,
  myPreview: ["my-preview"] as const,
  officeHours: ["office-hours"] as const,
  coverage: ["coverage"] as const,
  users: ["users"] as const,
  channels: ["channels"] as const,
  audit: ["audit"] as const,
};

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (count, error) => count < 2 && isPassing(error),
    },
    mutations: { retry: false },
  },
  queryCache: new QueryCache({
    // Roles may have been changed meanwhile: then other pages are this person's.
    onError: (error) => {
      if (error instanceof Problem && error.status === 403) {
        void queryClient.invalidateQueries({ queryKey: keys.session });
      }
    },
  }),
  mutationCache: new MutationCache({
    // Most of what one does here is activity, so one's own presence has moved.
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keys.presence }),
  }),
});

whenSignedOut(() => queryClient.setQueryData(keys.session, null));

export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async (): Promise<Session | null> => {
    try {
      const session = await ask(client.GET("/api/v1/session"));
      syncClock(session.clock);
      forgetDrafts(session.user.id);
      return session;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
  // Somebody else may move a clock that can be moved, and nothing need happen that would tell.
  refetchInterval: ({ state }) =>
    state.data?.clock.can_advance || state.data?.clock.manual ? 15_000 : false,
});

let leftOnPurpose = false;

/** Forgets everything after the person has signed out. */
export function leave(): void {
  leftOnPurpose = true;
  queryClient.clear();
  queryClient.setQueryData(keys.session, null);
}

/** Whether the next to sign in should find the page that was open: not after signing out. */
export function returnsAfterSignIn(): boolean {
  const returns = !leftOnPurpose;
  leftOnPurpose = false;
  return returns;
}

/** The session, for pages that are shown to signed-in people only. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  if (!data) throw new Error("This page is for signed-in people only.");
  return data;
}

/** Whether a session has a role. */
export function hasRole(session: Session, role: Role): boolean {
  return session.user.roles.includes(role);
}

export interface CaseFilter {
  status: "open" | "closed";
  assignedTo: "me" | "none" | "all";
  waiting: boolean;
  q: string;
}

/** A list of cases, page by page. */
export function useCases(filter: CaseFilter) {
  return useInfiniteQuery({
    queryKey: [...keys.cases, filter],
    queryFn: ({ pageParam, signal }): Promise<CasePage> =>
      ask(
        client.GET("/api/v1/cases", {
          params: {
            query: {
              status: filter.status,
              assigned_to: filter.assignedTo === "all" ? undefined : filter.assignedTo,
              waiting: filter.waiting || undefined,
              q: filter.q.trim() || undefined,
              cursor: pageParam,
              limit: 50,
            },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

/** One case. */
export function useCase(id: string) {
  return useQuery({
    queryKey: keys.case(id),
    queryFn: ({ signal }): Promise<Case> =>
      ask(client.GET("/api/v1/cases/{id}", { params: { path: { id } }, signal })),
  });
}

interface Paged<T> {
  items: T[];
  next_cursor?: string | null;
}

// A conversation is read whole: bounded, so that a broken cursor cannot loop for ever.
const MAX_PAGES = 50;

async function everyPage<T>(page: (cursor: string | undefined) => Promise<Paged<T>>) {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const answer = await page(cursor);
    items.push(...answer.items);
    if (!answer.next_cursor) break;
    cursor = answer.next_cursor;
  }
  return items;
}

/** The messages of a case, and what is not among them any more. */
export interface Conversation {
  messages: Message[];
  deleted: Deleted | null;
}

/** All messages of a case, oldest first. */
export function useMessages(id: string) {
  return useQuery({
    queryKey: keys.messages(id),
    queryFn: async ({ signal }): Promise<Conversation> => {
      let deleted: Deleted | null = null;
      const messages = await everyPage(async (cursor) => {
        const page = await ask(
          client.GET("/api/v1/cases/{id}/messages", {
            params: { path: { id }, query: { cursor, limit: 200 } },
            signal,
          }),
        );
        // The first page tells what came before all of them.
        deleted ??= page.deleted;
        return page;
      });
      return { messages, deleted };
    },
  });
}

/** The decisions of a case, by the message they are about. */
export function useDecisions(id: string) {
  return useQuery({
    queryKey: keys.decisions(id),
    queryFn: async ({ signal }): Promise<Map<string, Decision>> => {
      const decisions: Decision[] = await everyPage((cursor) =>
        ask(
          client.GET("/api/v1/cases/{id}/decisions", {
            params: { path: { id }, query: { cursor, limit: 200 } },
            signal,
          }),
        ),
      );
      return new Map(decisions.map((decision) => [decision.message_id, decision]));
    },
    structuralSharing: false,
  });
}

/** Everyone who can be assigned a case. */
export function useOperators() {
  return useQuery({
    queryKey: keys.operators,
    queryFn: async ({ signal }) => (await ask(client.GET("/api/v1/operators", { signal }))).items,
    staleTime: 5 * 60_000,
  });
}

const IN_FORCE_MS = 60_000;

/** One's own Auto Replies, and which of them is in force. */
export function useMyAutoReply() {
  return useQuery({
    queryKey: keys.myAutoReply,
    queryFn: ({ signal }) => ask(client.GET("/api/v1/me/auto-reply", { signal })),
    staleTime: 0,
    // What is in force changes with time alone.
    refetchInterval: IN_FORCE_MS,
  });
}

/** The organization's default office hours; null until somebody set them. */
export function useDefaultHours() {
  return useQuery({
    queryKey: keys.officeHours,
    queryFn: async ({ signal }) =>
      (await ask(client.GET("/api/v1/organization/office-hours", { signal }))).office_hours,
  });
}
