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

/** What an entry can be about, as it is filtered by. */
export const KINDS: { value: string; label: string }[] = [
  { value: "inactivity_reply", label: "Inactivity Message Reply" },
  { value: "office_hours", label: "Office hours" },
  { value: "auto_reply", label: "Operators' own replies" },
  { value: "retention", label: "Data retention" },
  { value: "user", label: "Users" },
  { value: "channel", label: "Channels" },
  { value: "customer", label: "Customers" },
  { value: "token", label: "API tokens" },
  { value: "organization", label: "Organization" },
];

const ROLE_WORDS: Record<string, string> = {
  operator: "an operator",
  system_admin: "a System Admin",
};

const textOf = (state: unknown, field: string): string | null => {
  const value = isRecord(state) ? state[field] : null;
  return typeof value === "string" && value !== "" ? value : null;
};

const listOf = (state: unknown, field: string): string[] => {
  const value = isRecord(state) ? state[field] : null;
  return Array.isArray(value) ? value.map(String) : [];
};

const and = (parts: string[]) =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;

/** What became of the open cases of somebody who left. */
function handedOver(after: unknown): string[] {
  const handed = isRecord(after) ? after.open_cases_handed_over : null;
  if (!isRecord(handed)) return [];
  const cases = `${handed.count} open case${handed.count === 1 ? "" : "s"}`;
  return typeof handed.to === "string"
    ? [`handed ${cases} over to ${handed.to}`]
    : [`put ${cases} back to unassigned`];
}

function userChanges(name: string, before: unknown, after: unknown): string {
  const [old, now] = [listOf(before, "roles"), listOf(after, "roles")];
  const word = (role: string) => ROLE_WORDS[role] ?? role;
  const gained = now.filter((role) => !old.includes(role)).map(word);
  const lost = old.filter((role) => !now.includes(role)).map(word);
  const was = textOf(before, "name");
  const done: string[] = [];
  if (was !== null && was !== name) done.push(`renamed ${was} to ${name}`);
  if (gained.length > 0) done.push(`made ${name} ${and(gained)}`);
  if (lost.length > 0) done.push(`made ${name} no longer ${and(lost)}`);
  if (textOf(before, "email") !== textOf(after, "email")) {
    done.push(`changed the e-mail address of ${name}`);
  }
  if (textOf(after, "password") !== null) done.push(`set a new password for ${name}`);
  done.push(...handedOver(after));
  return and(done) || `changed ${name}`;
}

function replyChanges(before: unknown, after: unknown): string {
  const changes = fieldChanges(before, after);
  const done = changes.map(({ field, before: old, after: now }) => {
    switch (field) {
      case "enabled":
        return `turned the Inactivity Message Reply ${now}`;
      case "threshold_minutes":
        return `changed the threshold from ${old} to ${now} min`;
      case "quiet_minutes":
        return `changed the quiet period from ${old} to ${now} min`;
      case "message":
        return "changed the text of the reply";
      case "while_waiting":
        return `turned replies while the customer waits ${now}`;
      case "respect_secondary":
        return `turned cover by secondary operators ${now}`;
      default:
        return `changed ${readable(field).toLowerCase()}`;
    }
  });
  return and(done) || "saved the Inactivity Message Reply unchanged";
}

/** To whom texts of new customers go (R28); an operator is named by an id, which the details show. */
function newCustomers(state: unknown): string {
  const to = textOf(state, "assign_to");
  if (to === null) return "nobody";
  return to === "in_turn" ? "operators in turn" : "a named operator";
}

function channelChanges(number: string, before: unknown, after: unknown): string {
  const done: string[] = [];
  if (textOf(after, "auth_token") !== null) done.push(`entered a new auth token for ${number}`);
  if (textOf(before, "assign_to") !== textOf(after, "assign_to")) {
    done.push(`let texts from new customers to ${number} go to ${newCustomers(after)}`);
  }
  return and(done) || `changed the number ${number}`;
}

/** Whose a token is. */
function ofWhom(state: unknown): string {
  const user = textOf(state, "user");
  return user === null ? "" : ` of ${user}`;
}

/** What was done, as what follows a person's name: "made Chloe Martin a System Admin". */
export function deed(action: string, subject: string, before: unknown, after: unknown): string {
  const name = textOf(after, "name") ?? textOf(before, "name") ?? "somebody";
  const number = textOf(after, "number") ?? textOf(before, "number") ?? "a number";
  switch (action) {
    case "user.create": {
      const roles = listOf(after, "roles").map((role) => ROLE_WORDS[role] ?? role);
      return `added ${name}${roles.length > 0 ? ` as ${and(roles)}` : ""}`;
    }
    case "user.update":
      return userChanges(name, before, after);
    case "user.deactivate":
      return and([`deactivated ${name}`, ...handedOver(after)]);
    case "user.activate":
      return and([`activated ${name}`, ...handedOver(after)]);
    case "channel.create":
      return `added the number ${number}`;
    case "channel.update":
      return channelChanges(number, before, after);
    case "channel.test":
      return `sent a test text from ${number}`;
    case "channel.activate":
      return `activated the number ${number}`;
    case "channel.deactivate":
      return `deactivated the number ${number}`;
    case "inactivity_reply.update":
      return replyChanges(before, after);
    case "office_hours.update":
      return "changed the default office hours";
    case "retention.update":
      return "changed how long data is kept";
    case "customer.export":
      return "exported the data of a customer";
    case "customer.erase":
      return "erased a customer";
    case "auto_reply.switch_off":
      return "switched off an operator's own reply";
    case "organization.create":
      return `created the organization ${name}`;
    case "organization.update":
      return `changed the organization ${name}`;
    case "token.create":
      return `created the API token ${name}${ofWhom(after)}`;
    case "token.revoke":
      return `ended the API token ${name}${ofWhom(before)}`;
    default: {
      const about = /^[0-9a-f-]{32,36}$|^[a-z_]+$/.test(subject) ? "" : `: ${subject}`;
      return `${readable(action).toLowerCase()}${about}`;
    }
  }
}

/** Who did it. */
export function actorName(actor: { name: string } | null | undefined): string {
  return actor ? actor.name : "The command line";
}
