/** Settings > Users: who may do what. */
import {
  ActionIcon,
  Alert,
  Anchor,
  Badge,
  Button,
  Group,
  Menu,
  Table,
  Text,
  VisuallyHidden,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconDots, IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, useSession } from "../api/queries";
import type { User, UserPatch } from "../api/types";
import { useDeskNow } from "../time/clock";
import { ago, exactTime } from "../time/format";
import { Page } from "../ui/Page";
import { PageLoader, Problem, State } from "../ui/State";
import classes from "./Table.module.css";
import { DeactivateDialog, HandOverDialog, PasswordDialog, UserDialog } from "./UserDialogs";
import { casesWords, leavesCases, patchUser, roleLabel } from "./users";

type Open =
  | { kind: "add" }
  | { kind: "edit" | "password" | "deactivate" | "hand"; user: User }
  | null;

function LastActive({ at }: { at: string | null | undefined }) {
  const now = useDeskNow(60_000);
  if (!at) return <>Never</>;
  const atMs = Date.parse(at);
  return (
    <time dateTime={at} title={exactTime(atMs)}>
      {now - atMs < 60_000 ? "Just now" : ago(atMs, now)}
    </time>
  );
}

function useActivation(done: () => void) {
  return useMutation({
    mutationFn: ({ id, patch }: { id: string; patch: UserPatch }) => patchUser(id, patch),
    onSuccess: (user) => {
      notifications.show({
        message: user.active ? `${user.name} can sign in again.` : `${user.name} is deactivated.`,
      });
    },
    onError: (error) => {
      const problem = asProblem(error);
      notifications.show({
        color: "red",
        title: "Not changed",
        message: Object.values(problem.fields).join(" ") || problem.message,
      });
    },
    onSettled: done,
  });
}

export function UsersPage() {
  const session = useSession();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const activation = useActivation(close);
  const users = useInfiniteQuery({
    queryKey: keys.users,
    queryFn: ({ pageParam, signal }) =>
      ask(
        client.GET("/api/v1/users", {
          params: { query: { limit: 200, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const items = users.data?.pages.flatMap((page) => page.items);

  return (
    <Page
      wide
      trail={["Settings", "Users"]}
      lead="Operators answer customers. System Admins manage settings, people and channels."
      action={
        <Button
          leftSection={<IconUserPlus size={17} aria-hidden />}
          onClick={() => setOpen({ kind: "add" })}
        >
          Add a user
        </Button>
      }
    >
      {items?.some(leavesCases) && (
        <Alert
          mb="md"
          color="yellow"
          icon={<IconAlertTriangle aria-hidden />}
          title="Cases without anybody who works on them"
        >
          {items.filter(leavesCases).map((user) => (
            <div key={user.id}>
              <bdi>{user.name}</bdi> {user.active ? "is no operator" : "is deactivated"} and has{" "}
              {casesWords(user)}.{" "}
              <Anchor
                component="button"
                type="button"
                inherit
                underline="always"
                onClick={() => setOpen({ kind: "hand", user })}
              >
                Hand them over
              </Anchor>
            </div>
          ))}
        </Alert>
      )}
      {items ? (
        items.length === 0 ? (
          <State inner kind="empty" title="Nobody here yet" />
        ) : (
          <Table className={classes.table} verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Roles</Table.Th>
                <Table.Th>Open cases</Table.Th>
                <Table.Th>Last active</Table.Th>
                <Table.Th>Status</Table.Th>
                <Table.Th>
                  <VisuallyHidden>Actions</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((user) => (
                <Table.Tr key={user.id} data-off={!user.active || undefined}>
                  <Table.Td className={classes.main}>
                    <Text fw={600} size="sm">
                      <bdi>{user.name}</bdi>
                      {user.id === session.user.id && " (you)"}
                    </Text>
                    <Text size="sm" c="dimmed">
                      {user.email}
                    </Text>
                  </Table.Td>
                  <Table.Td data-label="Roles">
                    <Group gap={4}>
                      {user.roles.map((role) => (
                        <Badge key={role}>{roleLabel(role)}</Badge>
                      ))}
                    </Group>
                  </Table.Td>
                  <Table.Td data-label="Open cases">
                    {leavesCases(user) ? (
                      <span className={classes.warning}>
                        <IconAlertTriangle size={15} aria-hidden /> {casesWords(user)}
                      </span>
                    ) : user.open_cases === 0 ? (
                      "None"
                    ) : (
                      casesWords(user)
                    )}
                  </Table.Td>
                  <Table.Td data-label="Last active">
                    <LastActive at={user.last_active_at} />
                  </Table.Td>
                  <Table.Td data-label="Status">{user.active ? "Active" : "Deactivated"}</Table.Td>
                  <Table.Td className={classes.actions}>
                    <Menu position="bottom-end" width={200}>
                      <Menu.Target>
                        <ActionIcon size="lg" aria-label={`Actions for ${user.name}`}>
                          <IconDots size={18} aria-hidden />
                        </ActionIcon>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item onClick={() => setOpen({ kind: "edit", user })}>
                          Edit name, e-mail, roles
                        </Menu.Item>
                        <Menu.Item onClick={() => setOpen({ kind: "password", user })}>
                          Set a new password
                        </Menu.Item>
                        {user.active ? (
                          <Menu.Item
                            c="var(--desk-bad)"
                            disabled={user.id === session.user.id}
                            onClick={() => setOpen({ kind: "deactivate", user })}
                          >
                            Deactivate
                          </Menu.Item>
                        ) : (
                          <Menu.Item
                            onClick={() =>
                              activation.mutate({ id: user.id, patch: { active: true } })
                            }
                          >
                            Activate
                          </Menu.Item>
                        )}
                      </Menu.Dropdown>
                    </Menu>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )
      ) : users.error ? (
        <Problem inner problem={asProblem(users.error)} retry={() => void users.refetch()} />
      ) : (
        <PageLoader />
      )}
      {users.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          loading={users.isFetchingNextPage}
          onClick={() => void users.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      {(open?.kind === "add" || open?.kind === "edit") && (
        <UserDialog
          user={open.kind === "edit" ? open.user : null}
          isMe={open.kind === "edit" && open.user.id === session.user.id}
          onClose={close}
        />
      )}
      {open?.kind === "password" && <PasswordDialog user={open.user} onClose={close} />}
      {open?.kind === "hand" && <HandOverDialog user={open.user} onClose={close} />}
      {open?.kind === "deactivate" && <DeactivateDialog user={open.user} onClose={close} />}
    </Page>
  );
}
