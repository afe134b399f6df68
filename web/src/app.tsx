/** The whole desk: who is signed in decides what there is, the address decides which page of it. */
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Redirect, Route, Router, Switch, useLocation } from "wouter";
import { asProblem } from "./api/problem";
import { hasRole, queryClient, returnsAfterSignIn, sessionQuery } from "./api/queries";
import type { Session } from "./api/types";
import { Desk } from "./inbox/Desk";
import { SignIn } from "./sign-in/SignIn";
import { Broken } from "./ui/Broken";
import { LeaveDialog } from "./ui/LeaveDialog";
import { later } from "./ui/later";
import { go, useAppLocation } from "./ui/navigation";
import { styleNonce } from "./ui/nonce";
import { Shell } from "./ui/Shell";
import { PageLoader, Problem, State } from "./ui/State";
import { cssVariables, theme } from "./ui/theme";

const Settings = later(() => import("./settings/Settings"));
const AutoReplyProfile = later(() => import("./profile/AutoReplyProfile"));
// Asked for while the session is, not after it.
if (window.location.pathname.startsWith("/settings")) Settings.ahead();
if (window.location.pathname.startsWith("/profile")) AutoReplyProfile.ahead();

/** By then the first page is there, and the others can be fetched without disturbing it. */
const AHEAD_MS = 2_000;
const FIRST_SETTING = "/settings/organization/inactivity-message-reply";

/** The page to go on to after signing in: only ever one of our own. */
export function nextPage(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : "/";
}

function Pages({ session }: { session: Session }) {
  const isAdmin = hasRole(session, "system_admin");
  const isOperator = hasRole(session, "operator");
  useEffect(() => {
    const timer = window.setTimeout(() => {
      if (isAdmin) Settings.ahead();
      if (isOperator) AutoReplyProfile.ahead();
    }, AHEAD_MS);
    return () => window.clearTimeout(timer);
  }, [isAdmin, isOperator]);
  return (
    <Shell session={session}>
      <Switch>
        <Route path="/sign-in">
          <Redirect to={nextPage(window.location.search)} replace />
        </Route>
        <Route path="/settings/*?">
          {isAdmin ? (
            <Settings />
          ) : (
            <State
              kind="forbidden"
              title="This page is for System Admins"
              action={{ label: "Back to the inbox", to: "/" }}
            >
              Settings can only be read and changed by people with the System Admin role. If you
              need something changed here, ask one of yours.
            </State>
          )}
        </Route>
        <Route path="/profile/auto-reply">
          {isOperator ? (
            <AutoReplyProfile />
          ) : (
            <State kind="forbidden" title="Only operators have an Auto Reply">
              You have no cases assigned to you, so there is nothing to reply to on your behalf.
            </State>
          )}
        </Route>
        <Route path={/^\/(?:cases\/(?<id>[^/]+))?$/}>
          {(params: { id?: string }) =>
            isOperator ? (
              <Desk caseId={params.id ?? null} />
            ) : (
              <Redirect to={FIRST_SETTING} replace />
            )
          }
        </Route>
        <Route>
          <State
            kind="missing"
            title="There is no such page"
            action={{ label: isOperator ? "Back to the inbox" : "To the settings", to: "/" }}
          >
            The address may be mistyped, or the page has moved.
          </State>
        </Route>
      </Switch>
    </Shell>
  );
}

function Gate() {
  const { data: session, error, refetch } = useQuery(sessionQuery);
  const [path] = useLocation();
  const away = session === null && path !== "/sign-in";
  useEffect(() => {
    if (!away) return;
    const next = returnsAfterSignIn() ? window.location.pathname : "/";
    go(next === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`, { replace: true });
  }, [away]);
  if (session) {
    return (
      <Broken path={path}>
        <Pages session={session} />
      </Broken>
    );
  }
  if (session === null) return away ? null : <SignIn />;
  if (error) return <Problem problem={asProblem(error)} retry={() => void refetch()} />;
  return <PageLoader />;
}

/** The root of all pages. */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        {/* Not at the bottom, where what is pressed most is: Save, Send. */}
        <Notifications position="top-center" limit={3} />
        <Router hook={useAppLocation}>
          <Gate />
          <LeaveDialog />
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  );
}
