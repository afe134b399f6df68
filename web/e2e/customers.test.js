/** The story of a customer's data: how long it is kept, given out, and erased. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { axeFaults, launch, newPage, signIn } from "./browser.js";
import { startDemo } from "./demo.js";
import { conversation, openCase, openSetting, text } from "./places.js";

let demo;
let browser;
let admin;
let ana;
let phones;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  admin = await newPage(browser);
  ana = await newPage(browser);
  phones = await newPage(browser);
  await phones.goto(demo.phones);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A setting of the second group, as a person would go to it. */
async function openCustomers(page) {
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  const settings = page.getByRole("navigation", { name: "Settings" });
  await settings.getByRole("link", { name: "Customers" }).click();
  await page.getByRole("heading", { level: 1, name: "Customers" }).waitFor();
}

test("what deletes is asked about first, and the keyboard is led", async () => {
  await signIn(admin, demo.desk, demo.people.grace);
  await openSetting(admin, "Data retention");
  await admin.getByText("Never changed").waitFor();
  await admin.getByRole("switch", { name: "Delete old messages" }).check();
  const days = admin.getByRole("textbox", { name: "Keep messages for" });
  const save = admin.getByRole("button", { name: "Save", exact: true });
  await days.fill("7");
  await save.click();
  await admin.getByText("Whole days from 8 to 3,650").waitFor();
  assert.equal(await days.evaluate((field) => field === document.activeElement), true);
  assert.deepEqual(await axeFaults(admin), []);
  await days.fill("90");
  await save.click();
  const dialog = admin.getByRole("dialog", { name: "Delete what is older?" });
  await dialog.getByText("messages that are older than 90 days, with their decisions").waitFor();
  const cancel = dialog.getByRole("button", { name: "Cancel" });
  assert.equal(await cancel.evaluate((button) => button === document.activeElement), true);
  assert.deepEqual(await axeFaults(admin), []);
  await dialog.getByRole("button", { name: "Save and delete" }).click();
  await admin.getByText("Saved. Messages are kept for 90 days.").waitFor();
  await admin.getByText(/Last changed by Grace Okafor, just now/).waitFor();
  await admin.reload();
  assert.equal(await days.inputValue(), "90 days");
});

test("a customer's data is downloaded as one document", async () => {
  await openCustomers(admin);
  const row = admin.getByRole("row").filter({ hasText: "Priya Nair" });
  const number = (await row.innerText()).match(/\+[\d ]+\d/)[0];
  await admin.getByRole("searchbox", { name: "Search" }).fill(number);
  await admin.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await admin.getByRole("button", { name: "Actions for Priya Nair" }).click();
  assert.deepEqual(await axeFaults(admin), []);
  const download = admin.waitForEvent("download");
  await admin.getByRole("menuitem", { name: "Export everything" }).click();
  const document = JSON.parse(await readFile(await (await download).path(), "utf8"));
  assert.equal(document.customer.phone, number.replaceAll(" ", ""));
  assert.ok(document.cases.length > 0 && document.cases[0].messages.length > 0);
  await admin.keyboard.press("Escape");
});

test("a customer is erased after their number was typed, and texts again as a stranger", async () => {
  await signIn(ana, demo.desk, demo.people.ana);
  await text(phones, "Maria Lopez", "Please forget me");
  await openCase(ana, "Maria Lopez");
  await conversation(ana).getByText("Please forget me").waitFor();

  await admin.getByRole("searchbox", { name: "Search" }).fill("maria");
  await admin.getByRole("button", { name: "Actions for Maria Lopez" }).click();
  const row = admin.getByRole("row").filter({ hasText: "Maria Lopez" });
  const number = (await row.innerText()).match(/\+[\d ]+\d/)[0];
  await admin.getByRole("menuitem", { name: "Erase" }).click();
  const dialog = admin.getByRole("dialog", { name: "Erase Maria Lopez?" });
  const confirmation = dialog.getByRole("textbox", { name: `Type ${number} to confirm` });
  const erase = dialog.getByRole("button", { name: "Erase for good" });
  await confirmation.waitFor();
  assert.equal(await confirmation.evaluate((field) => field === document.activeElement), true);
  assert.equal(await erase.isDisabled(), true);
  assert.deepEqual(await axeFaults(admin), []);
  await confirmation.fill(number);
  await confirmation.press("Enter");
  await admin.getByText(/^Erased: \d+ cases? with \d+ messages?\.$/).waitFor();
  await admin.getByText("Nobody found").waitFor();

  // Whoever had the case open sees that it is gone.
  await ana.getByText("There is no such case.").waitFor();
  await text(phones, "Maria Lopez", "Hello, I am new here");
  await admin.getByRole("searchbox", { name: "Search" }).fill(number);
  await admin.getByRole("button", { name: `Actions for ${number}` }).waitFor();
});

test("the audit log has it, without the person", async () => {
  await admin.getByRole("link", { name: "Audit log" }).click();
  await admin.getByText("erased a customer").waitFor();
  await admin.getByText("exported the data of a customer").waitFor();
  await admin.getByText("changed how long data is kept").waitFor();
  const log = await admin.getByRole("main").innerText();
  assert.ok(!log.includes("Maria"), log);
});

test("what is older is gone, and the case says so", async () => {
  const hundredDays = 100 * 86_400;
  const moved = await admin.request.post(`${demo.desk}/api/v1/dev/clock`, {
    headers: { Origin: demo.desk },
    data: { advance_seconds: hundredDays },
  });
  assert.equal(moved.status(), 200);
  // Nobody's session lives that long.
  const ben = await newPage(browser);
  await signIn(ben, demo.desk, demo.people.ben);
  const closed = await ben.request.get(`${demo.desk}/api/v1/cases?status=closed`);
  const [{ id }] = (await closed.json()).items;
  await ben.goto(`${demo.desk}/cases/${id}`);
  await conversation(ben)
    .getByText("The messages of this case were deleted after 90 days.")
    .waitFor();
  assert.deepEqual(await axeFaults(ben), []);
  // A customer who still waits is not forgotten.
  await openCase(ben, "Priya Nair");
  await conversation(ben).getByText("could you quote a second tap").waitFor();
  await conversation(ben).getByText("Earlier messages were deleted after 90 days.").waitFor();
  assert.deepEqual(ben.faults, []);
  if (process.env.SHOTS) await ben.screenshot({ path: `${process.env.SHOTS}/case-deleted.png` });
});

test("nothing broke on the way", () => {
  assert.deepEqual([...admin.faults, ...ana.faults], []);
});
