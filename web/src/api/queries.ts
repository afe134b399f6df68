/** What the pages read, each with its key, and how the session begins and ends. */
import { MutationCache, QueryCache, queryOptions, useQuery } from "@tanstack/react-query";
import { forgetDrafts } from "../case/drafts";
import { syncClock } from "../time/clock";
import { showTimesFor } from "../time/shown";
import type { CaseRows } from "./caseList";
import { ask, client, isPassing, whenSignedOut } from "./client";
import { DeskQueryClient } from "./deskQueryClient";
import { Problem } from "./problem";
import type { Case, Role, Session } from "./types";

export const keys = {
  session: ["session"] as const,
  presence: ["presence"] as const,
  cases: ["cases"] as const,
  counts: ["cases", "counts"] as const,
  case: (id: string) => ["case", id] as const,
  messages: (id: string) => ["case", id, "messages"] as const,
  operators: ["operators"] as const,
  inactivityReply: ["inactivity-reply"] as const,
  retention: ["retention"] as const,
  customers: ["customers"] as const,
  lookUp: (phone: string) => ["customers", "lookup", phone] as const,
  organization: ["organization"] as const,
  myAutoReply: ["my-auto-reply"] as const,
  myPreview: ["my-preview"] as const,
  officeHours: ["office-hours"] as const,
  coverage: ["coverage"] as const,
  users: ["users"] as const,
  tokens: ["tokens"] as const,
  channels: ["channels"] as const,
  testText: (channelId: string) => ["test-text", channelId] as const,
  audit: ["audit"] as const,
};

export const queryClient = new DeskQueryClient({
  defaultOptions: {
    queries: {
      // Without a network a question fails, and says so, instead of waiting without a word.
      networkMode: "always",
      refetchOnReconnect: true,
      staleTime: 30_000,
      retry: (count, error) => count < 2 && isPassing(error),
    },
    mutations: { retry: false, networkMode: "always" },
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
      showTimesFor(session.user.id, session.organization.time_zone);
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

/** Reads a case. */
export function readCase(id: string, signal?: AbortSignal): Promise<Case> {
  return ask(client.GET("/api/v1/cases/{id}", { params: { path: { id } }, signal }));
}

/** One case as a list knows it already. */
function listed(id: string): Case | undefined {
  const lists = queryClient.getQueriesData<CaseRows>({ queryKey: [...keys.cases, "list"] });
  for (const [, list] of lists) {
    const found = list?.items.find((each) => each.id === id);
    if (found) return found;
  }
  return undefined;
}

/** One case; what a list knows of it is shown until it is here. */
export function useCase(id: string) {
  return useQuery({
    queryKey: keys.case(id),
    queryFn: ({ signal }) => readCase(id, signal),
    placeholderData: () => listed(id),
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
