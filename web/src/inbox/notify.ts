/**
 * Tells an operator who looks elsewhere that a customer has texted, by the browser's notifications: only on
 * computers where they asked for it, and by the customer's name alone. A notification is no activity.
 */
import { useEffect, useSyncExternalStore } from "react";
import { attended } from "../activity/listen";
import { onCaseChanged } from "../api/caseList";
import type { Case } from "../api/types";
import { deskNow } from "../time/clock";
import { navigate } from "../ui/navigation";
import { unassignedWanted } from "./counts";

const SETTING = "backsoon.notifications";
const listeners = new Set<() => void>();

let wanted = read();

function read(): boolean {
  try {
    return window.localStorage.getItem(SETTING) === "on";
  } catch {
    return false;
  }
}

/** Whether the browser has notifications at all: not on phones, and not on an address that is not secure. */
export const canNotify = "Notification" in window && window.isSecureContext;

function notifies(): boolean {
  return canNotify && wanted && Notification.permission === "granted";
}

/** Turns notifications on or off on this computer; false if the browser does not allow them. */
export async function setNotifies(on: boolean): Promise<boolean> {
  const allowed = !on || (await Notification.requestPermission()) === "granted";
  wanted = on && allowed;
  try {
    window.localStorage.setItem(SETTING, wanted ? "on" : "off");
  } catch {
    // Without storage the choice holds until the page is closed.
  }
  for (const listener of listeners) listener();
  return allowed;
}

/** Whether they are on. */
export function useNotifies(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, notifies);
}

function tell(item: Case) {
  try {
    const shown = new Notification(item.customer.name || item.customer.phone_display, {
      body: "has texted you.",
      tag: item.id,
    });
    shown.onclick = () => {
      window.focus();
      navigate(`/cases/${item.id}`);
      shown.close();
    };
  } catch {
    // Phones know the word but refuse it to a page.
  }
}

/** Whether a text on a case that changed is news to somebody: it waits for them, or for nobody yet. */
export function isNews(
  item: Case,
  sinceMs: number,
  myId: string,
  withUnassigned: boolean,
): boolean {
  const { last_customer_message_at: at, assigned_operator: operator } = item;
  const isForMe = operator === null ? withUnassigned : operator.id === myId;
  return isForMe && item.waiting_since !== null && at !== null && Date.parse(at) > sinceMs;
}

/** Tells of new texts while nobody looks at the page. */
export function useNotifications(myId: string): void {
  const wanted = useNotifies();
  useEffect(() => {
    if (!wanted) return;
    const startedMs = deskNow();
    // Of each case its own last text: they are read in no particular order.
    const toldMs = new Map<string, number>();
    return onCaseChanged((item) => {
      const since = toldMs.get(item.id) ?? startedMs;
      if (!isNews(item, since, myId, unassignedWanted())) return;
      toldMs.set(item.id, Date.parse(item.last_customer_message_at ?? ""));
      if (!attended()) tell(item);
    });
  }, [wanted, myId]);
}
