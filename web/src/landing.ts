/** Which page an address leads to, by what the person may do. Pure. */
import type { Role } from "./api/types";

const FIRST_SETTING = "/settings/organization/inactivity-message-reply";

/** The page that a person sees first. */
export function firstPage(roles: readonly Role[]): string {
  return roles.includes("operator") ? "/" : FIRST_SETTING;
}

function isSignIn(path: string): boolean {
  return /^\/sign-in\/*$/i.test(path);
}

/** The role without which there is nothing to see at an address. */
function neededRole(path: string): Role | null {
  if (/^\/settings(\/|$)/i.test(path)) return "system_admin";
  return /^\/(cases\/.*|profile\/.*)?$/i.test(path) ? "operator" : null;
}

/** Path and search of `next`, if it names a page of this desk. */
function ownPage(next: string, origin: string): URL | null {
  const url = URL.parse(next, origin);
  if (url?.origin !== origin) return null;
  // "//evil.example" is a path to a parser and another computer to a browser; "blob:" has our origin.
  return /^\/(?!\/)/.test(url.pathname) ? url : null;
}

/** The page to go on to after signing in: only ever one of our own, and one that the person may see. */
export function nextPage(search: string, roles: readonly Role[], origin: string): string {
  const next = new URLSearchParams(search).get("next");
  const url = next === null ? null : ownPage(next, origin);
  if (!url || isSignIn(url.pathname)) return firstPage(roles);
  const role = neededRole(url.pathname);
  if (role !== null && !roles.includes(role)) return firstPage(roles);
  const path = url.pathname + url.search;
  return redirectOf(url.pathname, url.search, roles, origin) ?? path;
}

/** Where a signed-in person is sent on to from an address; null if it has a page for them. */
export function redirectOf(
  path: string,
  search: string,
  roles: readonly Role[],
  origin: string,
): string | null {
  if (isSignIn(path)) return nextPage(search, roles, origin);
  // What is forbidden in the settings says so; the inbox of somebody who has none is no page at all.
  if (/^\/(cases\/.*)?$/i.test(path)) return roles.includes("operator") ? null : FIRST_SETTING;
  const isIndex = /^\/settings(\/organization)?\/*$/i.test(path);
  return isIndex && roles.includes("system_admin") ? FIRST_SETTING : null;
}
