/**
 * The zone in which the pages show times: the one of the person's computer, or the organization's. Kept in the browser
 * for each person. Where it is not the organization's, every time of day says which zone it is.
 */

export type ZoneChoice = "organization" | "mine";

const SETTING = "backsoon.zone.";

let person = "";
let organization: string | undefined;
let choice: ZoneChoice = "mine";

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone of the person's computer. */
export function ownZone(): string {
  return own;
}

/** Takes over whose pages these are, and the zone of their organization. */
export function showTimesFor(userId: string, organizationZone: string): void {
  person = userId;
  organization = organizationZone;
  try {
    const kept = window.localStorage.getItem(SETTING + person);
    choice = kept === "organization" ? "organization" : "mine";
  } catch {
    // Without storage the choice holds until the page is closed.
  }
}

/** What this person has chosen here. */
export function zoneChoice(): ZoneChoice {
  return choice;
}

/** Chooses the zone of all times on the pages. They are loaded anew, after asking about what is not saved. */
export function chooseZone(next: ZoneChoice): void {
  choice = next;
  try {
    window.localStorage.setItem(SETTING + person, next);
    window.location.reload();
  } catch {
    // What is drawn from now on has the new zone.
  }
}

/** The zone of the times on the pages. */
export function shownZone(): string {
  return choice === "organization" ? organizationZone() : ownZone();
}

/** The organization's zone; before somebody has signed in, the computer's. */
export function organizationZone(): string {
  return organization ?? ownZone();
}
