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

function refreshPeople(): void {
  void queryClient.invalidateQueries({ queryKey: keys.users });
  void queryClient.invalidateQueries({ queryKey: keys.operators });
  void queryClient.invalidateQueries({ queryKey: keys.audit });
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
