/** Where things are on the pages, as a person would name them. */

/** Texts the desk from a customer's phone on the phones page. */
export async function text(phones, customer, words) {
  await phones.getByRole("textbox", { name: `Text message from ${customer}` }).fill(words);
  await phones.getByRole("button", { name: `Send from ${customer}` }).click();
}

/** What is on a customer's phone. */
export function phoneOf(phones, customer) {
  return phones.getByRole("log", { name: customer });
}

/** Opens the case of a customer from the inbox. */
export async function openCase(page, customer, view = "Mine") {
  await page.getByRole("link", { name: "Inbox", exact: true }).click();
  await page
    .getByRole("radiogroup", { name: "Whose cases" })
    .getByText(view, { exact: true })
    .click();
  await page
    .getByRole("list", { name: "Cases" })
    .getByRole("link", { name: customer })
    .first()
    .click();
  await page.getByRole("heading", { level: 1, name: customer }).waitFor();
}

/** The open conversation. */
export function conversation(page) {
  return page.getByRole("region", { name: "Conversation" });
}

/** One message of the open conversation with everything below it: the newest with these words. */
export function message(page, words) {
  return conversation(page).getByRole("listitem").filter({ hasText: words }).last();
}

/** Goes to a setting as a person would: Settings > Organization > Inactivity Message Reply. */
export async function openSetting(page, name = "Inactivity Message Reply") {
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  const settings = page.getByRole("navigation", { name: "Settings" });
  await settings.getByRole("list", { name: "Organization" }).getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Goes to one's own replies as a person would: the menu > Profile > Auto Reply. */
export async function openProfile(page) {
  await page.getByRole("button", { name: /^Your menu/ }).click();
  await page.getByRole("menuitem", { name: "Auto Reply" }).click();
  await page.getByRole("heading", { level: 1, name: "Auto Reply" }).waitFor();
}

/** Moves the demo's clock ten minutes on, by the button in the page. */
export async function fastForward(page) {
  const done = page.waitForResponse((response) => response.url().endsWith("/api/v1/dev/clock"));
  await page.getByRole("button", { name: "Fast-forward 10 minutes" }).click();
  await done;
}
