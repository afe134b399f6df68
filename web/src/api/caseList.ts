/**
 * The inbox's list: its first page is read, the next ones as one scrolls, and what changes after that is patched into
 * it, case by case, so that a text costs one case and not the list.
 */
import { type Query, useQuery } from "@tanstack/react-query";
import { ask, client } from "./client";
import { Problem } from "./problem";
import { keys, queryClient, readCase } from "./queries";
import type { Case, CasePage, Session } from "./types";

export interface CaseFilter {
  status: "open" | "closed";
  assignedTo: "me" | "none" | "all";
  waiting: boolean;
  /** Those whose newest text of an operator did not arrive, open or closed. */
  failed: boolean;
  /** Newest customer message first; else who waits comes first, the longest waiting before all others. */
  newest: boolean;
  q: string;
}

/** Where a page ended: its last case, and what leads on from there; null at the end of the list. */
interface End {
  id: string;
  cursor: string | null;
}

export interface CaseRows {
  items: Case[];
  /** Of each page that was read. */
  ends: End[];
}

/** What leads to the next page; null at the end. */
export function cursorOf({ ends }: CaseRows): string | null {
  return ends.at(-1)?.cursor ?? null;
}

const PAGE = 50;
/** So many pages are kept when one is back at the beginning. */
const PAGES_KEPT = 4;
/** More changes than this at once are asked for as a page. */
const MOST_PATCHES = 5;

const listKey = (filter: CaseFilter) => [...keys.cases, "list", filter] as const;

const instant = (text: string | null) => (text === null ? 0 : Date.parse(text));
const waits = (item: Case) => item.status === "open" && item.waiting_since !== null;

/** Which of two cases stands first in a list: below 0 if the one does. */
export function compare(one: Case, other: Case, newest: boolean): number {
  if (!newest) {
    const [first, second] = [waits(one), waits(other)];
    if (first !== second) return first ? -1 : 1;
    if (first) return instant(one.waiting_since) - instant(other.waiting_since);
  }
  const later = instant(other.last_customer_message_at) - instant(one.last_customer_message_at);
  return later || (one.id < other.id ? 1 : -1);
}

/** Whether a case is one of a list, as far as that can be told without searching. */
export function belongs(item: Case, filter: CaseFilter, myId: string): boolean {
  const operator = item.assigned_operator?.id ?? null;
  return (
    (filter.failed ? item.failed_message !== null : item.status === filter.status) &&
    (filter.assignedTo === "all" || operator === (filter.assignedTo === "me" ? myId : null)) &&
    (!filter.waiting || item.waiting_since !== null)
  );
}

function endOf(page: CasePage): End[] {
  const last = page.items.at(-1);
  return last ? [{ id: last.id, cursor: page.next_cursor }] : [];
}

/** The list with its first page read anew: what was read after that page stays. */
export function withFirstPage(
  known: CaseRows | undefined,
  page: CasePage,
  newest: boolean,
): CaseRows {
  const first = { items: page.items, ends: endOf(page) };
  const last = page.items.at(-1);
  if (!known || !last || page.next_cursor === null || known.ends.length < 2) return first;
  const fresh = new Set(page.items.map(({ id }) => id));
  const rest = known.items.filter((item) => !fresh.has(item.id) && compare(last, item, newest) < 0);
  if (rest.length === 0) return first;
  return { items: [...page.items, ...rest], ends: [...first.ends, ...known.ends.slice(1)] };
}

/** The list with its next page. */
export function withNextPage(known: CaseRows, page: CasePage): CaseRows {
  const have = new Set(known.items.map(({ id }) => id));
  const items = [...known.items, ...page.items.filter(({ id }) => !have.has(id))];
  const ends =
    page.items.length > 0
      ? endOf(page)
      : known.ends.slice(-1).map(({ id }) => ({ id, cursor: null }));
  return { items, ends: [...known.ends, ...ends] };
}

/** The list without what was read far down. */
export function withoutFarPages(known: CaseRows): CaseRows {
  for (let pages = PAGES_KEPT; pages > 0 && pages < known.ends.length; pages -= 1) {
    const at = known.items.findIndex(({ id }) => id === known.ends[pages - 1]?.id);
    // A page's last case may have moved away: then the page before tells where to cut.
    if (at >= 0) return { items: known.items.slice(0, at + 1), ends: known.ends.slice(0, pages) };
  }
  return known;
}

/** The list with one case as it is now; `item` is null if the case is gone. */
export function withCase(
  known: CaseRows,
  id: string,
  item: Case | null,
  filter: CaseFilter,
  myId: string,
): CaseRows {
  const at = known.items.findIndex((each) => each.id === id);
  // What a search finds only the server knows: there a case changes where it stands.
  if (filter.q.trim() !== "") {
    if (at < 0) return known;
    const items = item ? known.items.with(at, item) : known.items.toSpliced(at, 1);
    return { ...known, items };
  }
  const items = at < 0 ? [...known.items] : known.items.toSpliced(at, 1);
  if (!item || !belongs(item, filter, myId)) return at < 0 ? known : { ...known, items };
  const before = items.findIndex((each) => compare(item, each, filter.newest) < 0);
  if (before >= 0) items.splice(before, 0, item);
  // After all that were read there may be others that stand before it.
  else if (cursorOf(known) === null) items.push(item);
  return { ...known, items };
}

function readPage(filter: CaseFilter, cursor: string | undefined, signal?: AbortSignal) {
  const { status, assignedTo, waiting, failed, newest, q } = filter;
  return ask(
    client.GET("/api/v1/cases", {
      params: {
        query: {
          status: failed ? undefined : status,
          failed: failed || undefined,
          assigned_to: assignedTo === "all" ? undefined : assignedTo,
          waiting: waiting || undefined,
          order: newest ? undefined : "waiting",
          q: q.trim() || undefined,
          cursor,
          limit: PAGE,
        },
      },
      signal,
    }),
  );
}

/** A list of cases. What a search showed stays until the next search is answered; another list begins empty. */
export function useCaseList(filter: CaseFilter) {
  const key = listKey(filter);
  return useQuery<CaseRows>({
    queryKey: key,
    queryFn: async ({ signal }): Promise<CaseRows> => {
      const page = await readPage(filter, undefined, signal);
      return withFirstPage(queryClient.getQueryData<CaseRows>(key), page, filter.newest);
    },
    placeholderData: (shown, query) => (query && onlySearches(query, filter) ? shown : undefined),
  });
}

/** Whether a list differs from another by nothing but what is searched for. */
function onlySearches({ queryKey }: Pick<Query, "queryKey">, filter: CaseFilter): boolean {
  const before = queryKey[2] as CaseFilter;
  return JSON.stringify({ ...before, q: "" }) === JSON.stringify({ ...filter, q: "" });
}

/** Reads the next page of a list. */
export async function readMore(filter: CaseFilter): Promise<void> {
  const key = listKey(filter);
  const known = queryClient.getQueryData<CaseRows>(key);
  const cursor = known && cursorOf(known);
  if (!cursor) return;
  const page = await readPage(filter, cursor);
  queryClient.setQueryData<CaseRows>(key, (now) =>
    // Read anew meanwhile: then this page is not the next one.
    now && cursorOf(now) === cursor ? withNextPage(now, page) : now,
  );
}

/** Lets go of what was read far down, once one is back at the beginning. */
export function forgetFarPages(filter: CaseFilter): void {
  queryClient.setQueryData<CaseRows>(listKey(filter), (known) => known && withoutFarPages(known));
}

const listeners = new Set<(item: Case) => void>();

/** Calls back with each case that changed, as it is now. */
export function onCaseChanged(listener: (item: Case) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const LISTS = [...keys.cases, "list"];

/** Reads a case and puts it where it now belongs. */
async function patch(id: string): Promise<void> {
  const queryKey = keys.case(id);
  // An answer that is on its way may be older than what happened.
  await queryClient.cancelQueries({ queryKey, exact: true });
  let item: Case | null = null;
  try {
    item = await queryClient.fetchQuery({
      queryKey,
      queryFn: ({ signal }) => readCase(id, signal),
      staleTime: 0,
    });
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) {
      void queryClient.invalidateQueries({ queryKey: LISTS });
      return;
    }
  }
  const myId = queryClient.getQueryData<Session>(keys.session)?.user.id ?? "";
  for (const [key, known] of queryClient.getQueriesData<CaseRows>({ queryKey: LISTS })) {
    if (!known) continue;
    const filter = (key as ReturnType<typeof listKey>)[2];
    const now = withCase(known, id, item, filter, myId);
    if (now !== known) queryClient.setQueryData<CaseRows>(key, now);
    // A page that is on its way may have been read before.
    if (queryClient.isFetching({ queryKey: key, exact: true }) > 0 || filter.q.trim() !== "") {
      void queryClient.invalidateQueries({ queryKey: key, exact: true });
    }
  }
  if (item) for (const listener of listeners) listener(item);
}

/** Brings what the pages show of some cases up to date. */
export function refreshCases(ids: string[]): void {
  void queryClient.invalidateQueries({ queryKey: keys.counts });
  for (const id of ids) void queryClient.invalidateQueries({ queryKey: keys.messages(id) });
  const isNeeded =
    listeners.size > 0 || queryClient.getQueryCache().findAll({ queryKey: LISTS }).length > 0;
  if (isNeeded && ids.length <= MOST_PATCHES) {
    for (const id of ids) void patch(id);
    return;
  }
  for (const id of ids) {
    void queryClient.invalidateQueries({ queryKey: keys.case(id), exact: true });
  }
  void queryClient.invalidateQueries({ queryKey: LISTS });
}
