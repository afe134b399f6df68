/** The frame around every page: header, one's own presence, the clock of the demo, the way out. */
import {
  Avatar,
  Button,
  Group,
  type MantineColorScheme,
  Menu,
  Modal,
  Text,
  UnstyledButton,
  useMantineColorScheme,
  VisuallyHidden,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconChevronDown,
  IconInbox,
  IconKey,
  IconKeyboard,
  IconLogout,
  IconMessageReply,
  IconSettings,
} from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { ask, client } from "../api/client";
import { useEvents } from "../api/events";
import { asProblem } from "../api/problem";
import { hasRole } from "../api/queries";
import type { Session } from "../api/types";
import { outgoing, signOutHere, useSending } from "../case/send";
import { setUnassignedWanted, useCounts, useUnassignedWanted, waitingWords } from "../inbox/counts";
import { canNotify, setNotifies, useNotifications, useNotifies } from "../inbox/notify";
import { firstPage } from "../landing";
import { AwayNotice } from "../profile/AwayNotice";
import { chooseZone, ownZone, type ZoneChoice, zoneChoice } from "../time/shown";
import { Broken } from "./Broken";
import { ClockBanner } from "./ClockBanner";
import { Logo } from "./Logo";
import { useTabCount } from "./PageTitle";
import { PresenceBadge } from "./PresenceBadge";
import classes from "./Shell.module.css";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { ConnectionPill, FailedTexts, NotSent } from "./Signal";
import { useShortcut } from "./shortcuts";

const SCHEMES = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "Like the system" },
] as const;

function NotifyItem() {
  const notifies = useNotifies();
  const change = async (on: boolean) => {
    if (await setNotifies(on)) return;
    notifications.show({
      color: "red",
      title: "Your browser does not allow it",
      message: "Allow notifications from this address in the browser's settings, and try again.",
    });
  };
  return (
    <Menu.CheckboxItem checked={notifies} onChange={(on) => void change(on)}>
      Notify me of new texts here
    </Menu.CheckboxItem>
  );
}

function UnassignedItem() {
  return (
    <Menu.CheckboxItem checked={useUnassignedWanted()} onChange={setUnassignedWanted}>
      Count unassigned customers here
    </Menu.CheckboxItem>
  );
}

function PersonMenu({ session, onShortcuts }: { session: Session; onShortcuts: () => void }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [asking, setAsking] = useState(false);
  const signOut = useMutation({
    mutationFn: () => ask(client.DELETE("/api/v1/session")),
    onSuccess: signOutHere,
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "You are still signed in",
        message: asProblem(error).message,
      }),
  });
  const { user, organization } = session;
  return (
    <Menu position="bottom-end" width={300}>
      <Menu.Target>
        <UnstyledButton className={classes.person}>
          <VisuallyHidden>Your menu, </VisuallyHidden>
          <Avatar
            name={user.name}
            size={30}
            radius="xl"
            color="tide"
            variant="filled"
            aria-hidden
          />
          <span className={classes.personName}>{user.name}</span>
          <IconChevronDown size={14} aria-hidden className={classes.chevron} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate>
            {user.name}
          </Text>
          <Text size="xs" truncate>
            {user.email}
          </Text>
          <Text size="xs" truncate>
            {organization.name}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        {hasRole(session, "operator") && (
          <>
            <Menu.Label>Profile</Menu.Label>
            <Menu.Item
              component={Link}
              href="/profile/auto-reply"
              leftSection={<IconMessageReply size={16} aria-hidden />}
            >
              Auto Reply
            </Menu.Item>
            <Menu.Item
              component={Link}
              href="/profile/api-tokens"
              leftSection={<IconKey size={16} aria-hidden />}
            >
              API tokens
            </Menu.Item>
            {canNotify && <NotifyItem />}
            <UnassignedItem />
            <Menu.Divider />
          </>
        )}
        {ownZone() !== organization.time_zone && (
          <>
            <Menu.Label>Times</Menu.Label>
            <Menu.RadioGroup
              value={zoneChoice()}
              onChange={(value) => chooseZone(value as ZoneChoice)}
            >
              <Menu.RadioItem value="mine">Here: {ownZone()}</Menu.RadioItem>
              <Menu.RadioItem value="organization">
                Organization's: {organization.time_zone}
              </Menu.RadioItem>
            </Menu.RadioGroup>
            <Menu.Divider />
          </>
        )}
        <Menu.Label>Appearance</Menu.Label>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(value) => setColorScheme(value as MantineColorScheme)}
        >
          {SCHEMES.map(({ value, label }) => (
            <Menu.RadioItem key={value} value={value}>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={onShortcuts}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          // What is not sent goes with the person.
          onClick={() => (outgoing.texts().length > 0 ? setAsking(true) : signOut.mutate())}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Sign out without sending?">
        <Text size="sm">
          {outgoing.texts().length === 1 ? "A text of yours is" : "Texts of yours are"} not sent
          yet. If you sign out, you lose what is not sent.
        </Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
            Sign out anyway
          </Button>
          <Button data-autofocus onClick={() => setAsking(false)}>
            Stay signed in
          </Button>
        </Group>
      </Modal>
    </Menu>
  );
}

interface NavLinkProps {
  to: string;
  active: boolean;
  describedBy?: string;
  children: ReactNode;
}

function NavLink({ to, active, describedBy, children }: NavLinkProps) {
  return (
    <Link
      href={to}
      aria-describedby={describedBy}
      className={classes.link}
      data-active={active || undefined}
      aria-current={active ? "page" : undefined}
    >
      {children}
    </Link>
  );
}

function InboxLink({ active, myId }: { active: boolean; myId: string }) {
  const { badge: waiting, words } = waitingWords(useCounts(), useUnassignedWanted());
  useTabCount(waiting);
  useNotifications(myId);
  return (
    <NavLink to="/" active={active} describedBy="inbox-waiting">
      <IconInbox size={18} aria-hidden />
      <span>Inbox</span>
      {waiting !== "" && (
        <b className={classes.count} title={words} aria-hidden>
          {waiting}
        </b>
      )}
      <i id="inbox-waiting" hidden>
        {words}
      </i>
    </NavLink>
  );
}

export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const [path] = useLocation();
  const [shortcuts, setShortcuts] = useState(false);
  const isOperator = hasRole(session, "operator");
  const isAdmin = hasRole(session, "system_admin");
  const inInbox = path === "/" || path.startsWith("/cases/");
  useEvents(session, isOperator);
  useSending(session);
  useShortcut("?", () => setShortcuts(true));

  return (
    <div className={classes.shell}>
      <a className={classes.skip} href={path.startsWith("/cases/") ? "#case" : "#main"}>
        Skip to the {path.startsWith("/cases/") ? "case" : "content"}
      </a>
      <header className={classes.header}>
        <Link
          href={firstPage(session.user.roles)}
          className={classes.home}
          aria-label="Backsoon, home"
        >
          <Logo />
        </Link>
        <nav aria-label="Main" className={classes.nav}>
          {isOperator && <InboxLink active={inInbox} myId={session.user.id} />}
          {isAdmin && (
            <NavLink to="/settings" active={path.startsWith("/settings")}>
              <IconSettings size={18} aria-hidden />
              <span>Settings</span>
            </NavLink>
          )}
        </nav>
        <Group gap="md" wrap="nowrap" className={classes.right}>
          <ConnectionPill />
          {isOperator && <NotSent path={path} />}
          {isOperator && <FailedTexts path={path} />}
          {isOperator && <PresenceBadge />}
          <PersonMenu session={session} onShortcuts={() => setShortcuts(true)} />
        </Group>
      </header>
      <ClockBanner session={session} />
      {isOperator && path !== "/profile/auto-reply" && <AwayNotice />}
      <main id="main" tabIndex={-1} className={classes.main}>
        <Broken path={path}>{children}</Broken>
      </main>
      <ShortcutsDialog opened={shortcuts} onClose={() => setShortcuts(false)} />
    </div>
  );
}
