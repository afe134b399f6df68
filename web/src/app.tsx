/** The whole desk: who is signed in decides what there is, the address decides which page of it. */
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Route, Router, Switch, useLocation } from "wouter";
import { asProblem } from "./api/problem";
import { hasRole, queryClient, returnsAfterSignIn, sessionQuery } from "./api/queries";
import type { Session } from "./api/types";
import { Desk } from "./inbox/Desk";
import { firstPage, redirectOf } from "./landing";
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
const MyTokens = later(() => import("./settings/TokensPage"));
// Asked for while the session is, not after it.
if (window.location.pathname.startsWith("/settings")) Settings.ahead();
if (window.location.pathname.startsWith("/profile")) AutoReplyProfile.ahead();

/** By then the first page is there, and the others can be fetched without disturbing it. */
const AHEAD_MS = 2_000;

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
  const [path] = useLocation();
  const { search, origin } = window.location;
  const { roles } = session.user;
  const to = redirectOf(path, search, roles, origin);
  useEffect(() => {
    if (to !== null) go(to, { replace: true });
  }, [to]);
  const first = {
    label: isOperator ? "Back to the inbox" : "To the settings",
    to: firstPage(roles),
  };
  return (
    <Shell session={session}>
      {to !== null ? (
        <PageLoader />
      ) : (
        <Switch>
          <Route path="/settings/*?">
            {isAdmin ? (
              <Settings />
            ) : (
              <State kind="forbidden" title="This page is for System Admins" action={first}>
                Settings can only be read and changed by people with the System Admin role. If you
                need something changed here, ask one of yours.
              </State>
            )}
          </Route>
          <Route path="/profile/auto-reply">
            {isOperator ? (
              <AutoReplyProfile />
            ) : (
              <State kind="forbidden" title="Only operators have an Auto Reply" action={first}>
                You have no cases assigned to you, so there is nothing to reply to on your behalf.
              </State>
            )}
          </Route>
          <Route path="/profile/api-tokens" component={MyTokens} />
          <Route path={/^\/(?:cases\/(?<id>[^/]+))?$/}>
            {(params: { id?: string }) => <Desk caseId={params.id ?? null} />}
          </Route>
          <Route>
            <State kind="missing" title="There is no such page" action={first}>
              The address may be mistyped, or the page has moved.
            </State>
          </Route>
        </Switch>
      )}
    </Shell>
  );
}

function Gate() {
  const { data: session, error, refetch } = useQuery(sessionQuery);
  const [path] = useLocation();
  const away = session === null && path !== "/sign-in";
  const [ended, setEnded] = useState(false);
  const wasIn = useRef(false);
  useEffect(() => {
    if (session) {
      wasIn.current = true;
      setEnded(false);
    }
  }, [session]);
  useEffect(() => {
    if (!away) return;
    const { pathname, search } = window.location;
    const returns = returnsAfterSignIn();
    setEnded(returns && wasIn.current);
    const next = returns ? pathname + search : "/";
    go(next === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`, { replace: true });
  }, [away]);
  if (session) {
    return (
      <Broken path={path}>
        <Pages session={session} />
      </Broken>
    );
  }
  if (session === null) return away ? null : <SignIn ended={ended} />;
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
        {/* Where they lie over nothing that is pressed often: see global.css. */}
        <Notifications
          position="bottom-left"
          limit={3}
          containerWidth={352}
          className="notifications"
        />
        <Router hook={useAppLocation}>
          <Gate />
          <LeaveDialog />
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  );
}
