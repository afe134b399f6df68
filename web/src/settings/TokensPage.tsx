/** API tokens: all of the organization in Settings, one's own in the profile. They are created on the server. */
import { Alert, Button, Code, Group, Table, Text, VisuallyHidden } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient, useSession } from "../api/queries";
import type { Token } from "../api/types";
import { useDeskNow } from "../time/clock";
import { ago, exactTime, stretch } from "../time/format";
import { Dialog } from "../ui/Dialog";
import { Page } from "../ui/Page";
import { PageLoader, Problem, State } from "../ui/State";
import classes from "./Table.module.css";

function When({ at, children }: { at: string; children: string }) {
  return (
    <time dateTime={at} title={exactTime(Date.parse(at))}>
      {children}
    </time>
  );
}

function Ends({ token, nowMs }: { token: Token; nowMs: number }) {
  if (!token.expires_at) return <>Never by itself</>;
  const leftMs = Date.parse(token.expires_at) - nowMs;
  return (
    <When at={token.expires_at}>
      {leftMs > 0
        ? `In ${stretch(leftMs)}`
        : `Ended ${ago(Date.parse(token.expires_at), nowMs).toLowerCase()}`}
    </When>
  );
}

/** At the beginning of a cell. */
function since(atMs: number, nowMs: number): string {
  return nowMs - atMs < 60_000 ? "Just now" : ago(atMs, nowMs);
}

/** A last use is known to the hour, and says no more than that. */
function lastUse(at: string, nowMs: number): string {
  const atMs = Date.parse(at);
  return nowMs - atMs < 2 * 3_600_000 ? "In the last 2 hours" : ago(atMs, nowMs);
}

function EndDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const end = useMutation({
    mutationFn: () =>
      ask(client.DELETE("/api/v1/tokens/{id}", { params: { path: { id: token.id } } })),
    onSuccess: () => {
      for (const queryKey of [keys.tokens, keys.audit]) {
        void queryClient.invalidateQueries({ queryKey });
      }
      notifications.show({ message: `The API token ${token.name} is ended.` });
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} title={`End the API token ${token.name}?`}>
      {end.error && (
        <Alert color="red" role="alert" title="Not ended" mb="md">
          {asProblem(end.error).message}
        </Alert>
      )}
      <Text size="sm">
        Scripts that use it stop working at once, and it cannot be brought back: they need a new
        one.
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button color="red.9" loading={end.isPending} onClick={() => end.mutate()}>
          End the token
        </Button>
      </Group>
    </Dialog>
  );
}

function Tokens({ mine }: { mine: boolean }) {
  const { user } = useSession();
  const now = useDeskNow(60_000);
  const [ending, setEnding] = useState<Token | null>(null);
  const tokens = useInfiniteQuery({
    queryKey: keys.tokens,
    queryFn: ({ pageParam, signal }) =>
      ask(
        client.GET("/api/v1/tokens", {
          params: { query: { limit: 200, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // They are created where the page cannot see it.
    staleTime: 0,
  });
  const items = tokens.data?.pages
    .flatMap((page) => page.items)
    .filter((token) => !mine || token.user.id === user.id);
  const command = `backsoon token create --user ${mine ? user.email : "EMAIL"} --name NAME`;

  return (
    <Page
      wide
      trail={[mine ? "Profile" : "Settings", "API tokens"]}
      lead={
        <>
          With an API token a script can do what {mine ? "you" : "its owner"} can. Tokens are
          created on the server: <Code>{command}</Code>
        </>
      }
    >
      {items ? (
        items.length === 0 && !tokens.hasNextPage ? (
          <State inner kind="empty" title={mine ? "You have no API token" : "No API token yet"} />
        ) : (
          <Table className={classes.table} verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                {!mine && <Table.Th>Owner</Table.Th>}
                <Table.Th>Created</Table.Th>
                <Table.Th>Last used</Table.Th>
                <Table.Th>Ends</Table.Th>
                <Table.Th>
                  <VisuallyHidden>Actions</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((token) => {
                const over = token.expires_at != null && Date.parse(token.expires_at) <= now;
                return (
                  <Table.Tr key={token.id} data-off={over || undefined}>
                    <Table.Td className={classes.main}>
                      <Text fw={600} size="sm">
                        <bdi>{token.name}</bdi>
                      </Text>
                    </Table.Td>
                    {!mine && (
                      <Table.Td data-label="Owner">
                        <bdi>{token.user.name}</bdi>
                        {token.user.id === user.id && " (you)"}
                      </Table.Td>
                    )}
                    <Table.Td data-label="Created">
                      <When at={token.created_at}>{since(Date.parse(token.created_at), now)}</When>
                    </Table.Td>
                    <Table.Td data-label="Last used">
                      {token.last_used_at ? (
                        <When at={token.last_used_at}>{lastUse(token.last_used_at, now)}</When>
                      ) : (
                        "Not yet"
                      )}
                    </Table.Td>
                    <Table.Td data-label="Ends">
                      <Ends token={token} nowMs={now} />
                    </Table.Td>
                    <Table.Td className={classes.actions}>
                      <Button
                        size="xs"
                        variant="default"
                        aria-label={`End ${token.name}`}
                        onClick={() => setEnding(token)}
                      >
                        End
                      </Button>
                    </Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        )
      ) : tokens.error ? (
        <Problem inner problem={asProblem(tokens.error)} retry={() => void tokens.refetch()} />
      ) : (
        <PageLoader />
      )}
      {tokens.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          loading={tokens.isFetchingNextPage}
          onClick={() => void tokens.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      {ending && <EndDialog token={ending} onClose={() => setEnding(null)} />}
    </Page>
  );
}

/** Settings > API tokens. */
export function TokensPage() {
  return <Tokens mine={false} />;
}

/** Profile > API tokens. */
export default function MyTokensPage() {
  return <Tokens mine />;
}
