/** Settings > Audit log: who changed what and when, in sentences; the details on demand. */
import { Button, Group, Select, Table, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys } from "../api/queries";
import type { AuditEntry } from "../api/types";
import { deskNow } from "../time/clock";
import { exactTime, fullTime, zoneName } from "../time/format";
import { shownZone } from "../time/shown";
import { addDays, instantOf } from "../time/zones";
import { Page } from "../ui/Page";
import { PageLoader, Problem, State } from "../ui/State";
import classes from "./Audit.module.css";
import { actorName, deed, fieldChanges, KINDS, readable } from "./audit";
import { csv } from "./csv";
import table from "./Table.module.css";

function Changes({ before, after }: { before: unknown; after: unknown }) {
  const changes = fieldChanges(before, after);
  if (changes.length === 0) return null;
  return (
    <details className={classes.details}>
      <summary>Details</summary>
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
    </details>
  );
}

interface Filter {
  actor: string | null;
  kind: string | null;
  /** Days in the zone that is shown, such as "2026-11-20"; empty for any. */
  from: string;
  to: string;
}

const ALL: Filter = { actor: null, kind: null, from: "", to: "" };

/** The beginning of a day in the zone that is shown. */
function midnight(date: string): string | undefined {
  const at = date === "" ? null : instantOf({ date, time: "00:00" }, shownZone(), "start");
  return at === null ? undefined : new Date(at).toISOString();
}

function readPage(filter: Filter, cursor: string | undefined, limit: number, signal?: AbortSignal) {
  const query = {
    actor_id: filter.actor ?? undefined,
    kind: filter.kind ?? undefined,
    from: midnight(filter.from),
    to: midnight(addDays(filter.to, 1)),
    cursor,
    limit,
  };
  return ask(client.GET("/api/v1/audit", { params: { query }, signal }));
}

/** Every entry that matches, as a file. */
async function exported(filter: Filter): Promise<string> {
  const rows = [["at", "who", "what", "action", "subject", "before", "after"]];
  let cursor: string | undefined;
  do {
    const page = await readPage(filter, cursor, 200);
    for (const { at, actor, action, subject, before, after } of page.items) {
      const what = deed(action, subject, before, after);
      const states = [before, after].map((state) => (state === null ? "" : JSON.stringify(state)));
      rows.push([at, actorName(actor), what, action, subject, ...states]);
    }
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return csv(rows);
}

function download(text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = "audit-log.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}

function Filters({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const users = useQuery({
    queryKey: [...keys.users, "names"],
    queryFn: async ({ signal }) =>
      (await ask(client.GET("/api/v1/users", { params: { query: { limit: 200 } }, signal }))).items,
  });
  return (
    <Group gap="sm" mb="md" align="flex-end">
      <Select
        label="Who"
        placeholder="Everybody"
        clearable
        searchable
        clearButtonProps={{ "aria-label": "Everybody" }}
        comboboxProps={{ withinPortal: false }}
        w={180}
        data={(users.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={filter.actor}
        onChange={(actor) => onChange({ ...filter, actor })}
      />
      <Select
        label="About"
        placeholder="Everything"
        clearable
        clearButtonProps={{ "aria-label": "Everything" }}
        comboboxProps={{ withinPortal: false }}
        w={200}
        data={KINDS}
        value={filter.kind}
        onChange={(kind) => onChange({ ...filter, kind })}
      />
      <TextInput
        type="date"
        label="From"
        w={150}
        value={filter.from}
        onChange={(event) => onChange({ ...filter, from: event.currentTarget.value })}
      />
      <TextInput
        type="date"
        label="To, included"
        w={150}
        value={filter.to}
        onChange={(event) => onChange({ ...filter, to: event.currentTarget.value })}
      />
    </Group>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  const { at, actor, action, subject, before, after } = entry;
  return (
    <Table.Tr>
      <Table.Td data-label="When" className={classes.when}>
        <time dateTime={at} title={exactTime(Date.parse(at))}>
          {fullTime(Date.parse(at))}
        </time>
      </Table.Td>
      <Table.Td className={classes.what}>
        <p className={classes.deed}>
          <b>
            <bdi>{actorName(actor)}</bdi>
          </b>{" "}
          <bdi>{deed(action, subject, before, after)}</bdi>
        </p>
        <Changes before={before} after={after} />
      </Table.Td>
    </Table.Tr>
  );
}

export function AuditPage() {
  const [filter, setFilter] = useState(ALL);
  const audit = useInfiniteQuery({
    queryKey: [...keys.audit, filter],
    queryFn: ({ pageParam, signal }) => readPage(filter, pageParam, 50, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 0,
  });
  const save = useMutation({
    mutationFn: () => exported(filter),
    onSuccess: download,
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "Not exported",
        message: asProblem(error).message,
      }),
  });
  const items = audit.data?.pages.flatMap((page) => page.items);
  const zone = zoneName(deskNow());
  return (
    <Page
      wide
      trail={["Settings", "Audit log"]}
      lead="Every change of settings, users and channels, newest first."
      action={
        <Button
          variant="default"
          leftSection={<IconDownload size={17} aria-hidden />}
          loading={save.isPending}
          onClick={() => save.mutate()}
        >
          Export as CSV
        </Button>
      }
    >
      <Filters filter={filter} onChange={setFilter} />
      {items ? (
        items.length === 0 ? (
          <State
            inner
            kind="empty"
            title={filter === ALL ? "No changes yet" : "No such change"}
            {...(filter === ALL
              ? {}
              : { action: { label: "Show all", run: () => setFilter(ALL) } })}
          >
            As soon as someone changes a setting, a user or a channel, it is written down here.
          </State>
        ) : (
          <Table className={table.table} verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>When ({zone})</Table.Th>
                <Table.Th>What</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((entry) => (
                <Row key={entry.id} entry={entry} />
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
