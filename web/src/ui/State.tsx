/** What stands in the place of content: loading, nothing there, not allowed, failed. */
import { Button, Center, Group, Loader, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, IconInbox, IconLock, IconMapQuestion } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { Link } from "wouter";
import type { Problem as ApiProblem } from "../api/problem";

const ICONS = {
  empty: IconInbox,
  forbidden: IconLock,
  missing: IconMapQuestion,
  failed: IconAlertTriangle,
};

type Action = { label: string; to: string } | { label: string; run: () => void };

interface StateProps {
  kind: keyof typeof ICONS;
  title: string;
  children?: ReactNode;
  action?: Action;
  /** What else can be done. */
  other?: Action;
  /** Inside a page that has a heading of its own. */
  inner?: boolean;
}

function Act({ action, first }: { action: Action; first: boolean }) {
  const variant = first ? "filled" : "default";
  return "to" in action ? (
    <Button component={Link} href={action.to} variant={variant} mt="xs">
      {action.label}
    </Button>
  ) : (
    <Button onClick={action.run} variant={variant} mt="xs">
      {action.label}
    </Button>
  );
}

/** A calm sentence where content would be. */
export function State({ kind, title, children, action, other, inner = false }: StateProps) {
  const Icon = ICONS[kind];
  return (
    <Center p="xl" mih={inner ? 160 : 320} h="100%">
      <Stack align="center" gap="xs" maw={420} ta="center">
        <ThemeIcon variant="light" size={48} radius="xl" color={kind === "failed" ? "red" : "tide"}>
          <Icon size={24} aria-hidden />
        </ThemeIcon>
        <Title order={inner ? 2 : 1} size="h2">
          {title}
        </Title>
        {children && (
          <Text c="dimmed" size="sm">
            {children}
          </Text>
        )}
        <Group justify="center" gap="xs">
          {action && <Act action={action} first={other !== undefined} />}
          {other && <Act action={other} first={false} />}
        </Group>
      </Stack>
    </Center>
  );
}

interface ProblemProps {
  problem: ApiProblem;
  retry?: () => void;
  /** Where to go if it is not there, or not for this person. */
  back?: { label: string; to: string };
  inner?: boolean;
}

/** A failed request in the place of its content. */
export function Problem({ problem, retry, back, inner }: ProblemProps) {
  if (problem.status === 404) {
    return (
      <State kind="missing" title="Not found" inner={inner} action={back}>
        {problem.message}
      </State>
    );
  }
  if (problem.status === 403) {
    return (
      <State kind="forbidden" title="Not allowed" inner={inner} action={back}>
        {problem.message}
      </State>
    );
  }
  return (
    <State
      kind="failed"
      title="This could not be loaded"
      inner={inner}
      action={retry && { label: "Try again", run: retry }}
    >
      {Object.values(problem.fields).join(" ") || problem.message}
    </State>
  );
}

/** Shows that something is on its way, but only if it takes long enough to wonder. */
export function PageLoader() {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setShown(true), 250);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <Center mih={320} h="100%" role="status" aria-label="Loading">
      {shown && <Loader />}
    </Center>
  );
}
