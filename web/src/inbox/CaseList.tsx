/** The inbox: whose cases, filtered, searched, walked by keyboard; one's own with those whom nobody has taken yet. */
import {
  ActionIcon,
  Button,
  Group,
  SegmentedControl,
  Skeleton,
  Switch,
  TextInput,
  Tooltip,
  VisuallyHidden,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPencilPlus, IconSearch, IconX } from "@tabler/icons-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { type CaseFilter, forgetFarPages, readMore, useCaseList } from "../api/caseList";
import { asProblem } from "../api/problem";
import { useSession } from "../api/queries";
import type { Case, CaseCounts } from "../api/types";
import { Problem, State } from "../ui/State";
import { useShortcut } from "../ui/shortcuts";
import classes from "./CaseList.module.css";
import { CaseRows, type Walk } from "./CaseRows";
import { countWords, useCounts } from "./counts";
import { useFilter } from "./filter";
import { NewCaseDialog } from "./NewCaseDialog";
import { EmptyMine, PoolLine } from "./Pool";

const VIEWS = [
  { value: "me", label: "Mine", of: "mine" },
  { value: "none", label: "Unassigned", of: "unassigned" },
  { value: "all", label: "All", of: "all" },
] as const;
const STATES = [
  { value: "open", label: "Open" },
  { value: "closed", label: "Closed" },
];

const NO_CASES: Case[] = [];
/** Shorter than this nobody wonders whether something is on its way. */
const PATIENCE_MS = 150;

function emptyWords(filter: CaseFilter): [title: string, words: string] {
  if (filter.q.trim() !== "") {
    return ["Nothing found", "No case here matches your search. Try another word, or All."];
  }
  if (filter.failed)
    return ["No text failed", "Texts of operators all arrived, or were dealt with."];
  if (filter.waiting) return ["Nobody is waiting", "Every customer here has a human answer."];
  if (filter.status === "closed") return ["No closed cases", "Closed cases are kept here."];
  if (filter.assignedTo === "me") {
    return ["No open cases of yours", "Cases assigned to you appear here as soon as they are."];
  }
  if (filter.assignedTo === "none") {
    return ["Nothing unassigned", "New conversations appear here until somebody takes them."];
  }
  return ["No open cases", "When a customer texts you, the conversation appears here."];
}

export function CaseList({ openId }: { openId: string | null }) {
  const { user } = useSession();
  const [filter, change] = useFilter();
  const [q] = useDebouncedValue(filter.q, 250);
  const asked = { ...filter, q, newest: filter.newest || !hasWaitingFirst(filter) };
  const cases = useCaseList(asked);
  const counts = useCounts();
  const [creating, setCreating] = useState(false);
  const walk = useRef<Walk>(null);
  const search = useRef<HTMLInputElement>(null);
  const scrollBox = useRef<HTMLDivElement>(null);
  const more = useMore(asked);

  useShortcut("/", (event) => {
    event.preventDefault();
    search.current?.focus();
    search.current?.select();
  });
  const arrow = (direction: 1 | -1) => (event: KeyboardEvent) => {
    // In a conversation the arrows scroll; in the list and on the empty page they walk.
    if (!walk.current?.hasFocus() && document.activeElement !== document.body) return;
    if (walk.current?.step(direction)) event.preventDefault();
  };
  useShortcut("ArrowDown", arrow(1));
  useShortcut("ArrowUp", arrow(-1));

  const items = cases.data?.items ?? NO_CASES;
  const stale = useLong(cases.isPlaceholderData || (cases.isFetching && cases.isStale));
  const isMine =
    filter.assignedTo === "me" && filter.status === "open" && !filter.failed && q.trim() === "";
  const pool = isMine && counts && counts.unassigned.waiting > 0 ? counts : null;
  const [emptyTitle, emptyText] = emptyWords({ ...filter, q });

  return (
    <section className={classes.pane} aria-label="Inbox">
      <VisuallyHidden>{openId === null ? <h1>Inbox</h1> : <h2>Inbox</h2>}</VisuallyHidden>
      <div className={classes.tools}>
        <Group gap="xs" wrap="nowrap">
          <TextInput
            ref={search}
            className={classes.search}
            type="search"
            aria-label="Search cases"
            placeholder="Name, number or subject"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={filter.q}
            onChange={(event) => change({ q: event.currentTarget.value })}
            onKeyDown={(event) => {
              if (event.key === "ArrowDown" || event.key === "Enter") {
                if (walk.current?.step(1)) event.preventDefault();
              } else if (event.key === "Escape") {
                if (filter.q === "") search.current?.blur();
                change({ q: "" });
              }
            }}
            rightSection={
              filter.q !== "" && (
                <ActionIcon
                  aria-label="Clear the search"
                  onClick={() => {
                    change({ q: "" });
                    search.current?.focus();
                  }}
                >
                  <IconX size={16} aria-hidden />
                </ActionIcon>
              )
            }
          />
          <Tooltip label="New case">
            <ActionIcon
              size={36}
              variant="filled"
              color="tide"
              aria-label="New case"
              onClick={() => setCreating(true)}
            >
              <IconPencilPlus size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Group>
        <SegmentedControl
          fullWidth
          size="sm"
          aria-label="Whose cases"
          data={VIEWS.map(({ value, label, of }) => ({
            value,
            label: <View label={label} count={numberOf(counts, of, filter)} />,
          }))}
          value={filter.assignedTo}
          onChange={(value) => change({ assignedTo: value as CaseFilter["assignedTo"] })}
        />
        {filter.failed && (
          <Button
            size="xs"
            variant="default"
            rightSection={<IconX size={14} aria-hidden />}
            onClick={() => change({ failed: false })}
          >
            Failed texts only
          </Button>
        )}
        <Group justify="space-between" gap={8}>
          <SegmentedControl
            size="xs"
            aria-label="Open or closed"
            data={STATES}
            value={filter.status}
            onChange={(value) => change({ status: value as CaseFilter["status"] })}
          />
          <Group gap={12} wrap="nowrap">
            <Switch
              size="xs"
              className={classes.switch}
              label="Waiting only"
              checked={filter.waiting}
              onChange={(event) => change({ waiting: event.currentTarget.checked })}
            />
            {hasWaitingFirst(filter) && (
              <Switch
                size="xs"
                className={classes.switch}
                label="Newest"
                aria-label="Newest first"
                checked={filter.newest}
                onChange={(event) => change({ newest: event.currentTarget.checked })}
              />
            )}
          </Group>
        </Group>
      </div>
      {pool && items.length > 0 && <PoolLine counts={pool} myId={user.id} />}
      <div ref={scrollBox} className={classes.scroll} aria-busy={cases.isFetching}>
        {cases.isPending && <Skeletons />}
        {cases.isError && items.length === 0 && (
          <Problem inner problem={asProblem(cases.error)} retry={() => void cases.refetch()} />
        )}
        {cases.isSuccess &&
          items.length === 0 &&
          (pool ? (
            <EmptyMine
              counts={pool}
              myId={user.id}
              onShow={() => change({ assignedTo: "none", waiting: false })}
            />
          ) : (
            <State inner kind="empty" title={emptyTitle}>
              {emptyText}
            </State>
          ))}
        <CaseRows
          key={JSON.stringify({ ...asked, q: "" })}
          ref={walk}
          items={items}
          openId={openId}
          myId={user.id}
          waitingFirst={!asked.newest}
          stale={stale}
          scrollBox={scrollBox}
          onNearEnd={more.read}
          onAtStart={more.forget}
        />
        {more.failed && (
          <Button variant="subtle" fullWidth onClick={more.retry}>
            More could not be read. Try again
          </Button>
        )}
      </div>
      <NewCaseDialog opened={creating} onClose={() => setCreating(false)} />
    </section>
  );
}

/** Whether a list puts those who wait first, unless one asks for the newest. */
function hasWaitingFirst({ status, assignedTo }: CaseFilter): boolean {
  return status === "open" && assignedTo !== "all";
}

/** True once something has been so for long enough to be noticed. */
function useLong(is: boolean): boolean {
  const [long, setLong] = useState(false);
  useEffect(() => {
    if (!is) {
      setLong(false);
      return;
    }
    const timer = window.setTimeout(() => setLong(true), PATIENCE_MS);
    return () => window.clearTimeout(timer);
  }, [is]);
  return long;
}

/** Reads the next pages of a list, one at a time, and forgets them again. */
function useMore(filter: CaseFilter) {
  const [failed, setFailed] = useState(false);
  const reading = useRef(false);
  const latest = useRef(filter);
  useEffect(() => {
    latest.current = filter;
  });
  const run = useCallback(() => {
    if (reading.current) return;
    reading.current = true;
    readMore(latest.current)
      .then(
        () => setFailed(false),
        () => setFailed(true),
      )
      .finally(() => {
        reading.current = false;
      });
  }, []);
  return {
    failed,
    read: useCallback(() => !failed && run(), [failed, run]),
    retry: run,
    forget: useCallback(() => forgetFarPages(latest.current), []),
  };
}

/** How many cases are behind a tab: all of them, or those that wait if only these are shown. */
function numberOf(
  counts: CaseCounts | undefined,
  of: (typeof VIEWS)[number]["of"],
  { status, waiting }: CaseFilter,
): string {
  if (!counts || status === "closed") return "";
  return countWords(waiting ? counts[of].waiting : counts[of].open, counts.counted_up_to);
}

function View({ label, count }: { label: string; count: string }) {
  return (
    <>
      <span>{label}</span> {count !== "" && <span className={classes.number}>{count}</span>}
    </>
  );
}

function Skeletons() {
  const shown = useLong(true);
  if (!shown) return null;
  return (
    <div role="status" aria-label="Loading cases">
      {[70, 50, 60, 40].map((width) => (
        <div key={width} className={classes.skeleton}>
          <Skeleton height={14} width={`${width}%`} />
          <Skeleton height={12} mt={10} />
          <Skeleton height={12} mt={10} width="35%" />
        </div>
      ))}
    </div>
  );
}
