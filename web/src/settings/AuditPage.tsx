/** Settings > Audit log: who changed what, when, from what to what. */
import { Button, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys } from "../api/queries";
import { fullTime } from "../time/format";
import { Page } from "../ui/Page";
import { PageLoader, Problem, State } from "../ui/State";
import classes from "./Audit.module.css";
import { actionWords, fieldChanges, readable, subjectWords } from "./audit";
import table from "./Table.module.css";

function Changes({ before, after }: { before: unknown; after: unknown }) {
  const changes = fieldChanges(before, after);
  if (changes.length === 0) return null;
  return (
    <dl className={classes.changes}>
      {changes.map((change) => (
        <div key={change.field}>
          {change.field && <dt>{readable(change.field)}</dt>}
          <dd>
            {change.before !== null && <del className={classes.value}>{change.before}</del>}
            {change.before !== null && change.after !== null && (
              <span aria-hidden className={classes.arrow}>
                →
              </span>
            )}
            {change.after !== null && <ins className={classes.value}>{change.after}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function AuditPage() {
  const audit = useInfiniteQuery({
    queryKey: keys.audit,
    queryFn: ({ pageParam, signal }) =>
      ask(
        client.GET("/api/v1/audit", {
          params: { query: { limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 0,
  });
  const items = audit.data?.pages.flatMap((page) => page.items);
  return (
    <Page
      wide
      trail={["Settings", "Audit log"]}
      lead="Every change of settings, users and channels, newest first."
    >
      {items ? (
        items.length === 0 ? (
          <State inner kind="empty" title="No changes yet">
            As soon as someone changes a setting, a user or a channel, it is written down here.
          </State>
        ) : (
          <Table className={table.table} verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>When</Table.Th>
                <Table.Th>Who</Table.Th>
                <Table.Th>What</Table.Th>
                <Table.Th>Change</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((entry) => (
                <Table.Tr key={entry.id}>
                  <Table.Td data-label="When" className={classes.when}>
                    <time dateTime={entry.at}>{fullTime(Date.parse(entry.at))}</time>
                  </Table.Td>
                  <Table.Td data-label="Who">
                    <bdi>{entry.actor?.name ?? "Command line or system"}</bdi>
                  </Table.Td>
                  <Table.Td data-label="What" className={classes.what}>
                    <div className={classes.entry}>
                      {actionWords(entry.action)}
                      <bdi className={classes.subject}>
                        {subjectWords(entry.subject, entry.before, entry.after)}
                      </bdi>
                    </div>
                  </Table.Td>
                  <Table.Td>
                    <Changes before={entry.before} after={entry.after} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )
      ) : audit.error ? (
        <Problem inner problem={asProblem(audit.error)} retry={() => void audit.refetch()} />
      ) : (
        <PageLoader />
      )}
      {audit.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          loading={audit.isFetchingNextPage}
          onClick={() => void audit.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </Page>
  );
}
