/** The list of cases: newest customer message first, filtered, searched, walked by keyboard. */
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
import { useEffect, useRef, useState } from "react";
import { asProblem } from "../api/problem";
import { type CaseFilter, useCases, useSession } from "../api/queries";
import { Problem, State } from "../ui/State";
import { useShortcut } from "../ui/shortcuts";
import classes from "./CaseList.module.css";
import { CaseRow } from "./CaseRow";
import { useFilter } from "./filter";
import { NewCaseDialog } from "./NewCaseDialog";

const VIEWS = [
  { value: "me", label: "Mine" },
  { value: "none", label: "Unassigned" },
  { value: "all", label: "All" },
];
const STATES = [
  { value: "open", label: "Open" },
  { value: "closed", label: "Closed" },
];

function emptyWords(filter: CaseFilter): [title: string, words: string] {
  if (filter.q.trim() !== "") {
    return ["Nothing found", "No case here matches your search. Try another word, or All."];
  }
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

/** Moves the focus to the row above or below; into the list from elsewhere. */
function step(list: HTMLElement | null, direction: 1 | -1): boolean {
  if (!list) return false;
  const rows = [...list.querySelectorAll<HTMLElement>("a[data-case]")];
  const focused = rows.indexOf(document.activeElement as HTMLElement);
  const open = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  const from = focused >= 0 ? focused : open;
  const next = rows[from < 0 ? 0 : from + direction];
  if (!next) return false;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

export function CaseList({ openId }: { openId: string | null }) {
  const { user } = useSession();
  const [filter, change] = useFilter();
  const [q] = useDebouncedValue(filter.q, 250);
  const cases = useCases({ ...filter, q });
  const [creating, setCreating] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const end = useRef<HTMLDivElement>(null);

  useShortcut("/", (event) => {
    event.preventDefault();
    search.current?.focus();
    search.current?.select();
  });
  const walk = (direction: 1 | -1) => (event: KeyboardEvent) => {
    // In a conversation the arrows scroll; in the list and on the empty page they walk.
    const inside = list.current?.contains(document.activeElement);
    if (!inside && document.activeElement !== document.body) return;
    if (step(list.current, direction)) event.preventDefault();
  };
  useShortcut("ArrowDown", walk(1));
  useShortcut("ArrowUp", walk(-1));

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = cases;
  useEffect(() => {
    const mark = end.current;
    if (!mark || !hasNextPage || isFetchingNextPage) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) void fetchNextPage();
      },
      { rootMargin: "400px" },
    );
    observer.observe(mark);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  const items = cases.data?.pages.flatMap((page) => page.items) ?? [];
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
            placeholder="Name, number or words"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={filter.q}
            onChange={(event) => change({ q: event.currentTarget.value })}
            onKeyDown={(event) => {
              if (event.key === "ArrowDown" || event.key === "Enter") {
                if (step(list.current, 1)) event.preventDefault();
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
          data={VIEWS}
          value={filter.assignedTo}
          onChange={(value) => change({ assignedTo: value as CaseFilter["assignedTo"] })}
        />
        <Group justify="space-between" wrap="nowrap">
          <SegmentedControl
            size="xs"
            aria-label="Open or closed"
            data={STATES}
            value={filter.status}
            onChange={(value) => change({ status: value as CaseFilter["status"] })}
          />
          <Switch
            size="sm"
            label="Waiting only"
            checked={filter.waiting}
            onChange={(event) => change({ waiting: event.currentTarget.checked })}
          />
        </Group>
      </div>
      <div className={classes.scroll} aria-busy={cases.isFetching}>
        {cases.isPending && <Skeletons />}
        {cases.isError && items.length === 0 && (
          <Problem inner problem={asProblem(cases.error)} retry={() => void cases.refetch()} />
        )}
        {cases.isSuccess && items.length === 0 && (
          <State inner kind="empty" title={emptyTitle}>
            {emptyText}
          </State>
        )}
        <ul ref={list} className={classes.list} aria-label="Cases">
          {items.map((item) => (
            <CaseRow key={item.id} item={item} myId={user.id} open={item.id === openId} />
          ))}
        </ul>
        <div ref={end} />
        {hasNextPage && (
          <Button
            variant="subtle"
            fullWidth
            loading={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            Show more
          </Button>
        )}
      </div>
      <NewCaseDialog opened={creating} onClose={() => setCreating(false)} />
    </section>
  );
}

function Skeletons() {
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
