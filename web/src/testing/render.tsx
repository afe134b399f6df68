/** Puts a component on a page as the app would: theme, queries, location, a signed-in person. */
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, vi } from "vitest";
import { Router } from "wouter";
import { keys, queryClient } from "../api/queries";
import type { Session } from "../api/types";
import { useAppLocation } from "../ui/navigation";

export const SESSION: Session = {
  user: {
    id: "ana",
    name: "Ana Gómez",
    email: "ana@example.com",
    roles: ["system_admin", "operator"],
  },
  organization: {
    id: "org",
    name: "Harbor Street Clinic",
    time_zone: "America/New_York",
    country: "US",
  },
  clock: { now: new Date().toISOString(), manual: false, can_advance: false },
  version: "0",
  browser_key: btoa("a".repeat(32)),
};

// The growing text field listens for fonts, which the simulated page does not have.
if (!("fonts" in document)) Object.assign(document, { fonts: new EventTarget() });

/** Renders inside everything that components expect around them. */
export function show(children: ReactNode) {
  return render(
    <MantineProvider env="test">
      <QueryClientProvider client={queryClient}>
        <Router hook={useAppLocation}>{children}</Router>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

/** A request as the server would have seen it. */
export interface Seen {
  method: string;
  path: string;
  ifMatch: string | null;
  body: unknown;
}

type Reply = { status: number; body?: unknown };

/** Stands in for the server for one test; answers what was asked of it. */
export function serve(answer: (request: Seen) => Reply): Seen[] {
  const seen: Seen[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const text = await request.text();
    const one: Seen = {
      method: request.method,
      path: new URL(request.url).pathname,
      ifMatch: request.headers.get("If-Match"),
      body: text === "" ? undefined : JSON.parse(text),
    };
    seen.push(one);
    const { status, body } = answer(one);
    return new Response(body === undefined ? null : JSON.stringify(body), {
      status,
      headers: { "content-type": "application/json" },
    });
  });
  return seen;
}

/** Signs a person in before each test and forgets everything after it. */
export function signedIn(): void {
  beforeEach(() => queryClient.setQueryData(keys.session, SESSION));
  afterEach(() => {
    cleanup();
    queryClient.clear();
    vi.unstubAllGlobals();
  });
}
