/** An audit entry in words. Pure; the entry's shape is not taken for granted. */

/** One field of a change. */
export interface FieldChange {
  field: string;
  before: string | null;
  after: string | null;
}

function show(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value === true) return "on";
  if (value === false) return "off";
  if (Array.isArray(value)) return value.map((part) => show(part) ?? "").join(", ") || "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What changed, field by field; fields that stayed as they were are left out. */
export function fieldChanges(before: unknown, after: unknown): FieldChange[] {
  if (!isRecord(before) && !isRecord(after)) {
    const change = { field: "", before: show(before), after: show(after) };
    return change.before === change.after ? [] : [change];
  }
  const old = isRecord(before) ? before : {};
  const now = isRecord(after) ? after : {};
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .map((field) => ({ field, before: show(old[field]), after: show(now[field]) }))
    .filter((change) => change.before !== change.after);
}

/** A machine's name for something, readable: "user.updated" becomes "User updated". */
export function readable(name: string): string {
  const words = name.replace(/[._]/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const ACTIONS: Record<string, string> = {
  "inactivity_reply.update": "Inactivity Message Reply changed",
  "retention.update": "Data retention changed",
  "customer.export": "A customer's data exported",
  "customer.erase": "A customer erased",
  "office_hours.update": "Office hours changed",
  "auto_reply.switch_off": "An operator's Auto Reply switched off",
  "organization.create": "Organization created",
  "user.create": "User added",
  "user.update": "User changed",
  "user.activate": "User activated",
  "user.deactivate": "User deactivated",
  "channel.create": "Channel added",
  "channel.update": "Channel changed",
  "channel.activate": "Channel activated",
  "channel.deactivate": "Channel deactivated",
  "token.create": "API token created",
};

/** What was done, in words. */
export function actionWords(action: string): string {
  return ACTIONS[action] ?? readable(action);
}

/** What it was done to: its name or number where the change tells it; ids say nothing to a reader. */
export function subjectWords(subject: string, before: unknown, after: unknown): string | null {
  for (const state of [after, before]) {
    if (!isRecord(state)) continue;
    for (const field of ["name", "number", "email"]) {
      const value = state[field];
      if (typeof value === "string" && value !== "") return value;
    }
  }
  return /^[0-9a-f-]{32,36}$|^[a-z_]+$/.test(subject) ? null : subject;
}
