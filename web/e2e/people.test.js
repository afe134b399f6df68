/** Stories of people at the edges: who a number belongs to, a case that is made once, a name that is corrected. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFaults, launch, newPage, overflows, requestsOf, signIn } from "./browser.js";
import { startDemo } from "./demo.js";
import { conversation, openCase, openSetting } from "./places.js";

let demo;
let browser;
let grace;
let roof;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  grace = await newPage(browser, { permissions: ["clipboard-read", "clipboard-write"] });
  await signIn(grace, demo.desk, demo.people.grace);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Pictures of the page as it is, narrow and wide, light and dark, where SHOTS names a folder. */
async function shots(page, name) {
  if (!process.env.SHOTS) return;
  for (const [width, height] of [
    [390, 844],
    [1280, 800],
  ]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${process.env.SHOTS}/${name}-${width}-${colorScheme}.png` });
    }
    assert.equal(await overflows(page), false, `${name} at ${width}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

async function newCase(page) {
  await page.getByRole("link", { name: "Inbox", exact: true }).click();
  await page.getByRole("button", { name: "New case" }).click();
  const dialog = page.getByRole("dialog", { name: "New case" });
  await dialog.waitFor();
  return { dialog, phone: dialog.getByLabel("Customer's phone number") };
}

test("a customer with an open case is shown it before a second one is made", async () => {
  const { dialog, phone } = await newCase(grace);
  await phone.fill("(206)\u{2011}555\u{2011}0111");
  await dialog.getByText("Maria Lopez has an open case #1, Water heater.").waitFor();
  await dialog.getByRole("button", { name: "Create another" }).waitFor();
  assert.deepEqual(await axeFaults(grace), []);
  await shots(grace, "new-case-known");
  await dialog.getByRole("link", { name: "Open it" }).click();
  await grace.getByRole("heading", { level: 1, name: "Maria Lopez" }).waitFor();
  await dialog.waitFor({ state: "hidden" });
});

test("whoever presses before the look-up has answered is asked all the same", async () => {
  const { dialog, phone } = await newCase(grace);
  const made = requestsOf(grace, (line) => line === "POST /api/v1/cases");
  await phone.fill("206 555 0111");
  await phone.press("Enter");
  await dialog.getByText("Maria Lopez has an open case #1, Water heater.").waitFor();
  assert.deepEqual(made, []);
  await dialog.getByRole("button", { name: "Cancel" }).click();
});

test("what is no customer's number is refused with what to do", async () => {
  const { dialog, phone } = await newCase(grace);
  await phone.fill("+1 206 555 0100");
  await phone.blur();
  await dialog.getByText("This is one of your own numbers").waitFor();
  await phone.fill("555 0117");
  await phone.blur();
  await dialog.getByText("Add the country code, for example +1 206 555 0117").waitFor();
  assert.deepEqual(await axeFaults(grace), []);
  await dialog.getByRole("button", { name: "Cancel" }).click();
});

test("a lost answer makes no second case and sends nothing twice", async () => {
  const { dialog, phone } = await newCase(grace);
  await phone.fill("206 555 0177");
  await dialog.getByLabel("Subject").fill("New roof");
  await dialog.getByLabel("First text").fill("Hello, this is Harbor Home Repair.");
  let lost = 0;
  await grace.route("**/api/v1/cases", async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    return route.abort();
  });
  const create = dialog.getByRole("button", { name: "Create and send" });
  await create.click();
  await dialog.getByText("The server cannot be reached").waitFor();
  await create.click();
  await grace.getByRole("heading", { level: 1, name: "+1 206 555 0177" }).waitFor();
  assert.equal(lost, 1);
  await grace.unroute("**/api/v1/cases");
  await conversation(grace).getByText("Hello, this is Harbor Home Repair.").waitFor();
  const found = await grace.request.get(`${demo.desk}/api/v1/cases?q=New%20roof`);
  const { items } = await found.json();
  assert.equal(items.length, 1);
  roof = items[0].number;
  const sent = await grace.request.get(`${demo.desk}/api/v1/cases/${items[0].id}/messages`);
  assert.equal((await sent.json()).items.length, 1);
});

test("a name is corrected at the head of the case, and the number is copied by a click", async () => {
  const ben = await newPage(browser);
  await signIn(ben, demo.desk, demo.people.ben);
  await openCase(ben, "+1 206 555 0177", "All");
  await grace.getByRole("button", { name: "Edit the customer's name" }).click();
  const name = grace.getByRole("textbox", { name: "Customer's name" });
  await name.fill("\u{202e}gnp.exe");
  await name.press("Enter");
  await grace.getByText("must not contain the text direction character").first().waitFor();
  await name.fill("Zoë Ångström-Nakamura of the Lighthouse Keepers' Association of Puget Sound");
  await name.press("Enter");
  await grace.getByRole("heading", { level: 1, name: "Zoë Ångström" }).waitFor();
  // Whoever looks at the case sees it too.
  await ben.getByRole("heading", { level: 1, name: "Zoë Ångström" }).waitFor();
  await grace.getByRole("button", { name: "Copy +1 206 555 0177" }).click();
  assert.equal(await grace.evaluate(() => navigator.clipboard.readText()), "+12065550177");
  assert.deepEqual(await axeFaults(grace), []);
  await shots(grace, "case-header");
  await grace.getByRole("link", { name: "Inbox", exact: true }).click();
  const search = grace.getByRole("searchbox", { name: "Search cases" });
  const everybody = grace.getByRole("radiogroup", { name: "Whose cases" });
  await everybody.getByText("All", { exact: true }).click();
  const rows = grace.getByRole("list", { name: "Cases" });
  for (const q of ["zoe angstrom", "(206) 555-0177", "0177 ZOË", `case ${roof} roof`]) {
    await search.fill(q);
    await rows.getByRole("link", { name: "Zoë Ångström" }).waitFor();
  }
  await search.fill("");
  assert.deepEqual(ben.faults, []);
});

test("name, zone and country of the organization are set in one place", async () => {
  await openSetting(grace, "General");
  const country = grace.getByRole("combobox", { name: "Country" });
  assert.equal(await country.inputValue(), "United States");
  await shots(grace, "general");
  await grace.setViewportSize({ width: 1280, height: 800 });
  await grace.getByRole("textbox", { name: "Name" }).fill("");
  await grace.getByRole("button", { name: "Save", exact: true }).click();
  await grace.getByText("Enter the organization's name.").waitFor();
  await grace.getByRole("textbox", { name: "Name" }).fill("Harbor Repair");
  await country.click();
  await country.fill("Germ");
  await grace.getByRole("option", { name: "Germany" }).click();
  await grace.getByRole("button", { name: "Save", exact: true }).click();
  await grace.getByText("Saved.").waitFor();
  assert.deepEqual(await axeFaults(grace), []);
  const { dialog, phone } = await newCase(grace);
  await dialog.getByText("Country: Germany.").waitFor();
  await phone.fill("0151 23456789");
  await dialog.getByRole("button", { name: "Create the case" }).click();
  await grace.getByRole("heading", { level: 1, name: "+49 1512 3456789" }).waitFor();
  await grace.getByRole("link", { name: "Settings", exact: true }).click();
  await grace.getByRole("link", { name: "Audit log" }).click();
  await grace.getByText("changed the organization Harbor Repair").waitFor();
});

test("nothing broke on the way", () => {
  assert.deepEqual(grace.faults, []);
});
