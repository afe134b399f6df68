/**
 * A list that stands still while somebody points at it or walks in it: what changes shows where it stands, what is new
 * is counted, and the order is made new when they are done. Pure.
 */
import type { Case } from "../api/types";

export interface Held {
  /** In the order to show. */
  shown: Case[];
  /** How many are new and not shown. */
  fresh: number;
}

/** The list as it is shown while it is held: `frozen` is what was shown, `items` what it would be. */
export function hold(frozen: Case[], items: Case[]): Held {
  if (frozen.length === 0) return { shown: items, fresh: 0 };
  const now = new Map(items.map((item) => [item.id, item]));
  const here = new Set(frozen.map(({ id }) => id));
  // What comes after all that was shown moves nothing: the next page, as one scrolls.
  const last = items.findLastIndex(({ id }) => here.has(id));
  const below = items.slice(last + 1);
  return {
    shown: [...frozen.map((item) => now.get(item.id) ?? item), ...below],
    fresh: items.slice(0, last + 1).filter(({ id }) => !here.has(id)).length,
  };
}
