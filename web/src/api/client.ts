/** The one door to the server. Every failure leaves it as a `Problem`. */
import createClient from "openapi-fetch";
import { Problem, problemFrom, unreachable } from "./problem";
import type { paths } from "./schema";

export const client = createClient<paths>({
  baseUrl: "/",
  // Looked up at the time of the call, so that tests can put their own in place.
  fetch: (request) => globalThis.fetch(request),
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

let onSignedOut: () => void = () => {};

/** Says what happens when the server no longer knows who we are. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

/** The data of an answer, or a thrown `Problem`. */
export async function ask<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch {
    throw unreachable();
  }
  const { response } = answer;
  if (response.ok) return answer.data as T;
  const isSignIn = response.url.endsWith("/api/v1/session");
  if (response.status === 401 && !isSignIn) onSignedOut();
  throw problemFrom(response.status, answer.error);
}

/** Whether repeating the request may help. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof Problem) || error.status === 0 || error.status >= 500;
}
