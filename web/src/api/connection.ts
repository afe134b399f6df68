/**
 * Whether the page reaches the desk: the network as the browser knows it, and the server as its stream of events
 * tells it. A server that hangs keeps its connections, so silence is judged, not only broken connections.
 */
import { useSyncExternalStore } from "react";

/** The server says something at least every 15 s. */
export const SILENCE_MS = 35_000;

export type Connection = "ok" | "offline" | "silent" | "broken";

let stream: "heard" | "silent" | "broken" = "heard";
const listeners = new Set<() => void>();
const returns = new Set<() => void>();
const told = new Set<() => void>();

function notify() {
  for (const listener of listeners) listener();
}

/** Whether the browser has a network. It may say so without reason, but never the opposite. */
export function isOnline(): boolean {
  return navigator.onLine;
}

/** The stream of events came, went silent, or broke. */
export function noteStream(now: typeof stream): void {
  if (now === stream) return;
  stream = now;
  notify();
  if (now === "heard") for (const back of returns) back();
}

/** The server told of a message. */
export function noteMessage(): void {
  for (const listener of told) listener();
}

/** Calls back when a message was told of; answers how to end that. */
export function onTold(run: () => void): () => void {
  told.add(run);
  return () => told.delete(run);
}

/** Calls back when the network or the server is back, and when the network goes; answers how to end that. */
export function onReturn(back: () => void, gone: () => void): () => void {
  returns.add(back);
  window.addEventListener("online", back);
  window.addEventListener("offline", gone);
  return () => {
    returns.delete(back);
    window.removeEventListener("online", back);
    window.removeEventListener("offline", gone);
  };
}

function connection(): Connection {
  if (!isOnline()) return "offline";
  return stream === "heard" ? "ok" : stream;
}

/** How the page reaches the desk, while it changes. */
export function useConnection(): Connection {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    const end = onReturn(listener, listener);
    return () => {
      listeners.delete(listener);
      end();
    };
  }, connection);
}
