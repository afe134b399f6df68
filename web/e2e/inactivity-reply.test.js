/** The story of the Inactivity Auto Reply, from the setting to the customer's phone. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, signIn } from "./browser.js";
import { startDemo } from "./demo.js";
import {
  conversation,
  fastForward,
  message,
  openCase,
  openSetting,
  phoneOf,
  text,
} from "./places.js";

const REPLY = "Hello! I'm currently away from my desk.";

let demo;
let browser;
let admin;
let ben;
let phones;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  admin = await newPage(browser);
  ben = await newPage(browser);
  phones = await newPage(browser);
  await phones.goto(demo.phones);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

test("the System Admin turns it on and sets 10 minutes (S5, R20-R22)", async () => {
  await signIn(admin, demo.desk, demo.people.grace);
  await openSetting(admin);
  const trail = admin.getByRole("navigation", { name: "Breadcrumb" }).getByRole("listitem");
  assert.deepEqual(await trail.allTextContents(), [
    "Settings",
    "Organization",
    "Inactivity Message Reply",
  ]);
  const onOff = admin.getByRole("switch", { name: "Reply automatically when an operator" });
  const threshold = admin.getByRole("textbox", { name: "Inactive for longer than" });
  const save = admin.getByRole("button", { name: "Save" });
  const savedNow = admin.getByText(/Last changed by Grace Okafor, just now/);

  // The demo begins with it on: so off first, to see it turned on.
  await onOff.uncheck();
  await threshold.fill("15");
  await save.click();
  await admin.getByText("The reply is off").waitFor();
  await savedNow.waitFor();

  await onOff.check();
  await threshold.fill("0");
  await save.click();
  await admin.getByText("Whole minutes from 1 to 10,080").waitFor();
  await threshold.fill("10");
  await save.click();
  await admin.getByText("The reply is on").waitFor();
  await admin.reload();
  assert.equal(await onOff.isChecked(), true);
  assert.equal(await threshold.inputValue(), "10 min");
});

test("the text's cost is counted, and a curly apostrophe is mended (R22)", async () => {
  const words = admin.getByRole("textbox", { name: "Text of the reply" });
  const before = await words.inputValue();
  await admin.getByText("150 of 1,600 characters · GSM-7 · 1 SMS segment").waitFor();
  await words.fill(before.replace("'", "’"));
  await admin.getByText("UCS-2 · 3 SMS segments").waitFor();
  await admin.getByRole("button", { name: "Replace with plain characters" }).click();
  await admin.getByText("GSM-7 · 1 SMS segment").waitFor();
  assert.equal(await words.inputValue(), before);
});

test("an inactive operator's customer gets the reply at once, and the desk says why (R4)", async () => {
  await text(phones, "Maria Lopez", "Are you still open on Saturday?");
  await phoneOf(phones, "Maria Lopez").getByText(REPLY).waitFor();
  await openCase(admin, "Maria Lopez", "All");
  await message(admin, "Are you still open")
    .getByText(/Automatic reply sent: .*inactive/)
    .waitFor();
  await message(admin, REPLY).getByText("Automatic reply · inactivity").waitFor();
  await message(admin, REPLY)
    .getByText(/Sent|Delivered/)
    .waitFor();
});

test("an active operator's customer gets it once the operator has been away too long (R5)", async () => {
  await signIn(ben, demo.desk, demo.people.ben);
  await openCase(ben, "Priya Nair");
  await text(phones, "Priya Nair", "Is somebody there?");
  const asked = message(ben, "Is somebody there?");
  await asked.getByText(/Due in (10:00|9:\d\d)\./).waitFor();
  assert.equal(await phoneOf(phones, "Priya Nair").getByText(REPLY).count(), 0);

  // Ben leaves: his page stays open, and nothing that it does by itself keeps him active.
  for (let round = 0; round < 2; round += 1) await fastForward(admin);
  await phoneOf(phones, "Priya Nair").getByText(REPLY).waitFor();
  await asked.getByText(/Automatic reply sent: .*inactive for 10\smin/).waitFor();
  await message(ben, REPLY).getByText("Automatic reply · inactivity").waitFor();
  await ben.getByText(/Inactive since/).waitFor();
});

test("an operator's own reply goes before the organization's (R10, R13)", async () => {
  await text(phones, "Tom Becker", "Hello?");
  await phoneOf(phones, "Tom Becker").getByText("Hi, Chloe here.").first().waitFor();
  assert.equal(await phoneOf(phones, "Tom Becker").getByText(REPLY).count(), 0);
  await openCase(admin, "Tom Becker", "All");
  await conversation(admin).getByText("Automatic reply · personal, inactivity").first().waitFor();
});

test("a second text in the same absence gets no second reply, and the desk says why (R7)", async () => {
  await text(phones, "Priya Nair", "Hello again?");
  await message(ben, "Hello again?")
    .getByText(/No automatic reply: /)
    .waitFor();
  assert.equal(await phoneOf(phones, "Priya Nair").getByText(REPLY).count(), 1);
});

test("what a customer would get is answered for an operator (R20)", async () => {
  await openSetting(admin);
  await admin.getByRole("combobox", { name: "Operator" }).click();
  await admin.getByRole("option", { name: "Ben Schulz" }).click();
  await admin.getByRole("button", { name: "Ask" }).click();
  await admin.getByRole("status").filter({ hasText: "Ben" }).getByText(REPLY).waitFor();
});

test("an operator cannot reach the setting, by page or by API (R20)", async () => {
  assert.equal(await ben.getByRole("link", { name: "Settings" }).count(), 0);
  await ben.goto(`${demo.desk}/settings/organization/inactivity-message-reply`);
  await ben.getByRole("heading", { name: "This page is for System Admins" }).waitFor();
  const status = await ben.evaluate(
    async () => (await fetch("/api/v1/organization/inactivity-reply")).status,
  );
  assert.equal(status, 403);
});

test("nothing broke in any page meanwhile", () => {
  assert.deepEqual([...admin.faults, ...ben.faults, ...phones.faults], []);
});
