/** People: their roles in words, and how they are changed. */
import { ask, client } from "../api/client";
import { keys, queryClient } from "../api/queries";
import type { NewUser, Role, User, UserPatch } from "../api/types";

export const ROLES: { value: Role; label: string; words: string }[] = [
  { value: "operator", label: "Operator", words: "Reads and answers customers' messages." },
  {
    value: "system_admin",
    label: "System Admin",
    words: "Manages settings, users and channels, and reads the audit log.",
  },
];

/** A role in words. */
export function roleLabel(role: string): string {
  return ROLES.find(({ value }) => value === role)?.label ?? role;
}

const count = (of: number, one: string) =>
  `${of.toLocaleString("en-US")} ${one}${of === 1 ? "" : "s"}`;

/** How much somebody has to do: "3 open cases, 2 customers waiting". */
export function casesWords({ open_cases, waiting_customers }: User): string {
  const waits = waiting_customers > 0 ? `, ${count(waiting_customers, "customer")} waiting` : "";
  return count(open_cases, "open case") + waits;
}

/** Whether somebody has open cases and cannot work on them. */
export function leavesCases(user: User): boolean {
  return user.open_cases > 0 && !(user.active && user.roles.includes("operator"));
}

function refreshPeople(): void {
  void queryClient.invalidateQueries({ queryKey: keys.users });
  void queryClient.invalidateQueries({ queryKey: keys.operators });
  void queryClient.invalidateQueries({ queryKey: keys.audit });
  void queryClient.invalidateQueries({ queryKey: keys.cases });
}

/** Changes a user. */
export async function patchUser(id: string, body: UserPatch): Promise<User> {
  const user = await ask(client.PATCH("/api/v1/users/{id}", { params: { path: { id } }, body }));
  refreshPeople();
  return user;
}

/** Adds a user. */
export async function addUser(body: NewUser): Promise<User> {
  const user = await ask(client.POST("/api/v1/users", { body }));
  refreshPeople();
  return user;
}
