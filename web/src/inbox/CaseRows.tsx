/**
 * The rows of the inbox: only those in sight are drawn, they stand still while one points at them or walks in them,
 * and the arrows know the place of a case that has left the list.
 */
import { Button } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type Ref, type RefObject, useEffect, useImperativeHandle, useRef, useState } from "react";
import type { Case } from "../api/types";
import classes from "./CaseList.module.css";
import { CaseRow } from "./CaseRow";
import { hold } from "./hold";

const ROW_PX = 99;
/** So many rows before the end of what was read, more is read. */
const AHEAD_ROWS = 10;

/** How others move the focus in the list. */
export interface Walk {
  /** To the row above or below; into the list from elsewhere. False if there is none. */
  step: (direction: 1 | -1) => boolean;
  /** Whether the focus is in the list. */
  hasFocus: () => boolean;
}

interface RowsProps {
  ref: Ref<Walk>;
  items: Case[];
  openId: string | null;
  myId: string;
  /** Those who wait come first: a line stands below them. */
  waitingFirst: boolean;
  /** What is shown is about to be replaced. */
  stale: boolean;
  scrollBox: RefObject<HTMLDivElement | null>;
  onNearEnd: () => void;
  onAtStart: () => void;
}

/** Where the line stands between those who wait and those who do not; 0 if there is none. */
export function lineAt(items: Case[]): number {
  const last = items.findLastIndex(({ waiting_since: since }) => since !== null);
  return last + 1 < items.length ? last + 1 : 0;
}

export function CaseRows(props: RowsProps) {
  const { ref, items, openId, myId, waitingFirst, stale, scrollBox, onNearEnd, onAtStart } = props;
  const list = useRef<HTMLUListElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [frozen, setFrozen] = useState<Case[] | null>(null);
  const [focusedId, setFocusedId] = useState<string | null>(null);
  const pointed = useRef(false);
  const { shown, fresh } = frozen ? hold(frozen, items) : { shown: items, fresh: 0 };

  const line = waitingFirst ? lineAt(shown) : 0;
  const rowOf = (index: number) => index + (line > 0 && index >= line ? 1 : 0);
  const rows = useVirtualizer({
    count: shown.length + (line > 0 ? 1 : 0),
    getScrollElement: () => scrollBox.current,
    estimateSize: (row) => (row === line && line > 0 ? 34 : ROW_PX),
    getItemKey: (row) => {
      if (line > 0 && row === line) return "line";
      return shown[line > 0 && row > line ? row - 1 : row]?.id ?? row;
    },
    overscan: 6,
    // The row that has the focus stays, or the focus would be lost by scrolling.
    rangeExtractor: (range) => {
      const drawn = defaultRangeExtractor(range);
      const at = shown.findIndex(({ id }) => id === focusedId);
      if (at < 0 || drawn.includes(rowOf(at))) return drawn;
      return [...drawn, rowOf(at)].sort((one, other) => one - other);
    },
  });

  const openAt = shown.findIndex(({ id }) => id === openId);
  const place = useRef({ id: null as string | null, index: -1 });
  useEffect(() => {
    if (openAt >= 0) place.current = { id: openId, index: openAt };
  }, [openAt, openId]);

  const drawn = rows.getVirtualItems();
  const lastDrawn = drawn.at(-1)?.index ?? 0;
  const firstDrawn = rows.range?.startIndex ?? 0;
  useEffect(() => {
    if (shown.length > 0 && lastDrawn >= shown.length - AHEAD_ROWS) onNearEnd();
  }, [lastDrawn, shown.length, onNearEnd]);
  useEffect(() => {
    if (firstDrawn === 0) onAtStart();
  }, [firstDrawn, onAtStart]);

  /** Where the arrows start from: beside the place of the open case if that has left the list. */
  const startOf = (direction: 1 | -1): number => {
    const inList = list.current?.contains(document.activeElement) ? focusedId : null;
    const at = shown.findIndex(({ id }) => id === inList);
    if (at >= 0) return at + direction;
    if (openAt >= 0) return openAt + direction;
    if (openId === null || place.current.id !== openId) return 0;
    const neighbour = place.current.index + (direction === 1 ? 0 : -1);
    return Math.min(neighbour, shown.length - 1);
  };
  const focusRow = (id: string, tries = 5) => {
    const row = list.current?.querySelector<HTMLElement>(`[data-case="${CSS.escape(id)}"]`);
    if (row) row.focus({ preventScroll: true });
    else if (tries > 0) requestAnimationFrame(() => focusRow(id, tries - 1));
  };
  useImperativeHandle(ref, () => ({
    step: (direction) => {
      const index = startOf(direction);
      const next = shown[index];
      if (!next) return false;
      rows.scrollToIndex(rowOf(index), { align: "auto" });
      focusRow(next.id);
      return true;
    },
    hasFocus: () => list.current?.contains(document.activeElement) ?? false,
  }));

  const keep = () => setFrozen((before) => before ?? items);
  const release = () => {
    const hasFocus = box.current?.contains(document.activeElement);
    if (!pointed.current && !hasFocus) setFrozen(null);
  };

  return (
    // The button is part of what is held: the list must not move while one goes to press it.
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing is pressed here; it only knows whether one points at it.
    <div
      ref={box}
      onPointerEnter={(event) => {
        if (event.pointerType === "touch") return;
        pointed.current = true;
        keep();
      }}
      onPointerLeave={() => {
        pointed.current = false;
        release();
      }}
      onFocus={(event) => {
        setFocusedId(event.target.dataset.case ?? null);
        keep();
      }}
      onBlur={(event) => {
        if (event.currentTarget.contains(event.relatedTarget)) return;
        setFocusedId(null);
        if (!pointed.current) setFrozen(null);
      }}
    >
      <div role="status" className={classes.fresh}>
        {fresh > 0 && (
          <Button
            size="xs"
            radius="xl"
            leftSection={<IconArrowUp size={14} aria-hidden />}
            onClick={() => {
              setFrozen(pointed.current ? items : null);
              rows.scrollToOffset(0);
            }}
          >
            {fresh} new
          </Button>
        )}
      </div>
      <ul
        ref={list}
        className={classes.list}
        aria-label="Cases"
        data-stale={stale || undefined}
        style={{ height: rows.getTotalSize() }}
      >
        {drawn.map(({ index, key, start }) => {
          const item = shown[line > 0 && index > line ? index - 1 : index];
          const isLine = line > 0 && index === line;
          return (
            <li
              key={key}
              ref={rows.measureElement}
              data-index={index}
              className={isLine ? classes.divider : classes.row}
              style={{ transform: `translateY(${start}px)` }}
            >
              {isLine && "Answered"}
              {!isLine && item && <CaseRow item={item} myId={myId} open={item.id === openId} />}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
