/** What a System Admin does besides the reply: people, numbers, and the record of it all. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { axeFaults, launch, newPage, signIn } from "./browser.js";
import { startDemo } from "./demo.js";
import { openCase } from "./places.js";

const DORA = {
  name: "Dora Maximiliane von Hohenstein-Wolfenbüttel",
  email: "dora@harbor.example",
  password: "seven quiet lanterns",
};

let demo;
let browser;
let admin;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  admin = await newPage(browser, { permissions: ["clipboard-read", "clipboard-write"] });
  await signIn(admin, demo.desk, demo.people.grace);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const row = (name) => admin.getByRole("row").filter({ hasText: name });
const actions = async (name, item) => {
  await admin.getByRole("button", { name: `Actions for ${name}` }).click();
  await admin.getByRole("menuitem", { name: item }).click();
};

test("a user is added, after the password's fault is named beside it", async () => {
  await admin.getByRole("link", { name: "Settings", exact: true }).click();
  await admin.getByRole("link", { name: "Users" }).click();
  await admin.getByRole("button", { name: "Add a user" }).click();
  const dialog = admin.getByRole("dialog");
  await dialog.getByLabel("Name").fill(DORA.name);
  await dialog.getByLabel("E-mail").fill(DORA.email);
  const password = dialog.getByRole("textbox", { name: "First password" });
  await password.fill("short");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await dialog.locator('[id$="-error"]').first().waitFor();
  assert.equal(await password.getAttribute("aria-invalid"), "true");
  await password.fill(DORA.password);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await row(DORA.name).getByText("Operator").waitFor();
});

test("the new user signs in, is made a System Admin, is deactivated and is out at once", async () => {
  const dora = await newPage(browser);
  await signIn(dora, demo.desk, DORA);
  assert.equal(await dora.getByRole("link", { name: "Settings" }).count(), 0);

  await actions(DORA.name, "Edit name, e-mail, roles");
  await admin.getByRole("dialog").getByLabel("System Admin").check();
  await admin.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await row(DORA.name).getByText("System Admin").waitFor();
  await dora.reload();
  await dora.getByRole("link", { name: "Settings", exact: true }).waitFor();

  await actions(DORA.name, "Deactivate");
  await admin.getByRole("dialog").getByRole("button", { name: "Deactivate" }).click();
  await row(DORA.name).getByText("Deactivated").waitFor();
  await dora.reload();
  await dora.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await dora.getByLabel("E-mail").fill(DORA.email);
  await dora.getByLabel("Password", { exact: true }).fill(DORA.password);
  await dora.getByRole("button", { name: "Sign in" }).click();
  await dora.getByRole("alert").waitFor();
  assert.deepEqual(dora.faults, []);
  await dora.context().close();
});

test("a number is added, with the exact address to enter at Twilio", async () => {
  await admin.getByRole("link", { name: "Channels" }).click();
  await admin.getByRole("button", { name: "Add a Twilio number" }).click();
  const dialog = admin.getByRole("dialog");
  const number = dialog.getByLabel("Phone number");
  await number.fill("12");
  await dialog.getByLabel("Account SID").fill("AC1");
  await dialog.getByRole("textbox", { name: "Auth token" }).fill("token-of-nobody-in-particular");
  await dialog.getByRole("button", { name: "Add the number" }).click();
  await dialog.getByText("Add the country code, for example +1 206 555 0117").waitFor();
  await number.fill("+1 (206) 555-0199");
  await dialog.getByLabel("Account SID").fill(`AC${"5".repeat(32)}`);
  await dialog.getByRole("button", { name: "Add the number" }).click();
  const address = `${demo.desk}/webhooks/twilio/messages#rc=5&rp=all`;
  await dialog.getByText(address).waitFor();
  // The sandbox carrier does not know this account: that is said, and the number is kept.
  await dialog.getByText("Twilio does not take these credentials").waitFor();
  await dialog.getByRole("button", { name: "Copy" }).click();
  assert.equal(await admin.evaluate(() => navigator.clipboard.readText()), address);
  await dialog.getByRole("button", { name: "Done" }).click();

  await actions("+1 206 555 0199", "Deactivate");
  await admin.getByText("+1 206 555 0199 is deactivated.").waitFor();
});

test("a number says to whom texts of new customers go (R28)", async () => {
  const card = admin.locator("section").filter({ hasText: "+1 206 555 0199" });
  const dialog = admin.getByRole("dialog");
  await card.getByText("Texts from new customers go to nobody").waitFor();
  await actions("+1 206 555 0199", "Who gets new customers");
  await dialog.getByRole("radio", { name: "A named operator" }).check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Choose an operator.").waitFor();
  assert.deepEqual(await axeFaults(admin), []);
  await dialog.getByRole("combobox", { name: "Who gets new customers" }).click();
  await dialog.getByRole("option", { name: "Ben Schulz" }).waitFor();
  // She was deactivated before.
  assert.equal(await dialog.getByRole("option", { name: DORA.name }).count(), 0);
  await dialog.getByRole("option", { name: "Ben Schulz" }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await card.getByText("Texts from new customers go to Ben Schulz.").waitFor();
});

test("a test text is sent from a number, and its card says what became of it (U51)", async () => {
  const card = admin.locator("section").filter({ hasText: "+1 206 555 0100" });
  const dialog = admin.getByRole("dialog");
  const send = dialog.getByRole("button", { name: "Send the test text" });
  await actions("+1 206 555 0100", "Send a test text");
  await send.click();
  await dialog.getByText("Enter the phone number that gets the test text.").waitFor();
  const phone = dialog.getByLabel("Phone number");
  await phone.fill("206 555 0100");
  await phone.press("Enter");
  await dialog.getByText("This is one of your own numbers: enter that of another phone").waitFor();
  assert.deepEqual(await axeFaults(admin), []);
  await phone.fill("206 555 0115");
  await phone.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await card.getByText("Test text to +1 206 555 0115: delivered").waitFor();
  assert.deepEqual(await axeFaults(admin), []);

  // A deactivated number sends nothing.
  await admin.getByRole("button", { name: "Actions for +1 206 555 0199" }).click();
  assert.ok(await admin.getByRole("menuitem", { name: "Send a test text" }).isDisabled());
  await admin.keyboard.press("Escape");

  // The carrier's reason is told, and on the card's other lines, too.
  const refuse = { faults: [{ kind: "refuse", remaining: 1, code: 30006, delay_ms: null }] };
  await fetch(`${demo.phones}/sandbox/faults`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(refuse),
  });
  await actions("+1 206 555 0100", "Send a test text");
  await phone.fill("+1 206 555 0115");
  await send.click();
  await card.getByText("Test text to +1 206 555 0115: not delivered").waitFor();
  await card.getByText(/^Last text that failed/).waitFor();
});

test("all of it is in the audit log, newest first, and no secret is", async () => {
  await admin.getByRole("link", { name: "Audit log" }).click();
  const log = admin.getByRole("table");
  await log.getByText("deactivated the number +12065550199").waitFor();
  const words = await log.textContent();
  const order = [
    "sent a test text from +12065550100",
    "deactivated the number +12065550199",
    "added the number +12065550199",
    `deactivated ${DORA.name}`,
    `made ${DORA.name} a System Admin`,
    `added ${DORA.name} as an operator`,
  ];
  const places = order.map((action) => words.indexOf(action));
  assert.ok(
    places.every((place) => place >= 0),
    `${order} in ${words}`,
  );
  assert.deepEqual(
    [...places].sort((one, other) => one - other),
    places,
  );
  assert.ok(words.includes(DORA.name));
  assert.ok(!words.includes(DORA.password) && !words.includes("token-of-nobody"));
});

test("the log is filtered, and goes out as a file that no spreadsheet runs", async () => {
  const log = admin.getByRole("table");
  await admin.getByRole("combobox", { name: "About" }).click();
  await admin.getByRole("option", { name: "Users" }).click();
  await log.getByText("the number +12065550199").first().waitFor({ state: "detached" });
  await log.getByText(`added ${DORA.name}`).waitFor();
  await log.getByText("Details").first().click();
  await log.locator("dl").first().waitFor();
  const coming = admin.waitForEvent("download");
  await admin.getByRole("button", { name: "Export as CSV" }).click();
  const text = readFileSync(await (await coming).path(), "utf8");
  assert.match(text, /^at,who,what,action,subject,before,after\r\n/);
  assert.ok(text.includes(`deactivated ${DORA.name}`) && !text.includes("channel."));
  assert.deepEqual(await axeFaults(admin), []);
});

test("whoever is deactivated hands their open cases over, and is marked where they keep some", async () => {
  const grace = await newPage(browser);
  await signIn(grace, demo.desk, demo.people.grace);
  await admin.getByRole("link", { name: "Users" }).click();
  await row("Ben Schulz").getByText("1 open case, 1 customer waiting").waitFor();
  await actions("Ben Schulz", "Deactivate");
  const dialog = admin.getByRole("dialog");
  await dialog.getByText("Ben Schulz has 1 open case, 1 customer waiting").waitFor();
  assert.deepEqual(await axeFaults(admin), []);
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await dialog.getByText("Choose who gets the cases.").waitFor();
  await dialog.getByLabel("Leave them assigned").check();
  await dialog.getByRole("button", { name: "Deactivate" }).click();
  await admin.getByText("Ben Schulz is deactivated and has 1 open case").waitFor();

  await openCase(grace, "Priya Nair", "All");
  await grace.getByText("Ben Schulz (deactivated)").first().waitFor();
  assert.equal(
    await grace.getByRole("combobox", { name: "Assigned to" }).inputValue(),
    "Ben Schulz (deactivated)",
  );

  await admin.getByRole("button", { name: "Hand them over" }).click();
  await dialog.getByRole("combobox", { name: "Who gets the cases" }).click();
  await dialog.getByRole("option", { name: "Ana Torres" }).click();
  await dialog.getByRole("button", { name: "Hand over" }).click();
  await admin
    .getByText("Ben Schulz is deactivated and has 1 open case")
    .waitFor({ state: "detached" });
  await row("Ana Torres").getByText("3 open cases").waitFor();
  await admin.getByRole("link", { name: "Audit log" }).click();
  await admin.getByRole("table").getByText("handed 1 open case over to Ana Torres").waitFor();
  assert.deepEqual(grace.faults, []);
  await grace.context().close();
});

test("a number whose operator was deactivated says what holds now, and gets another (R28)", async () => {
  await admin.getByRole("link", { name: "Channels" }).click();
  const card = admin.locator("section").filter({ hasText: "+1 206 555 0199" });
  await card.getByText("Ben Schulz (deactivated)").waitFor();
  await card.getByText("they go to operators in turn").waitFor();
  await actions("+1 206 555 0199", "Who gets new customers");
  const dialog = admin.getByRole("dialog");
  await dialog.getByRole("radio", { name: "Operators in turn" }).check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await card.getByText("Texts from new customers go to operators in turn.").waitFor();
});

test("two System Admins do not overwrite each other unawares", async () => {
  const setting = `${demo.desk}/settings/organization/inactivity-message-reply`;
  const other = await newPage(browser);
  await signIn(other, demo.desk, demo.people.grace);
  for (const page of [admin, other]) {
    await page.goto(setting);
    await page.getByRole("textbox", { name: "Quiet period" }).waitFor();
  }
  await other.getByRole("textbox", { name: "Quiet period" }).fill("5");
  await admin.getByRole("textbox", { name: "Quiet period" }).fill("7");
  await other.getByRole("button", { name: "Save" }).click();
  await other.getByText(/^Saved\./).waitFor();
  await admin.getByRole("button", { name: "Save" }).click();
  await admin.getByText("Someone else changed this").waitFor();
  await admin
    .getByText("Grace Okafor changed the quiet period from 0 to 5 min, just now.")
    .waitFor();
  await admin.getByRole("button", { name: "Discard mine, show theirs" }).click();
  await admin.getByText("Someone else changed this").waitFor({ state: "detached" });
  assert.equal(await admin.getByRole("textbox", { name: "Quiet period" }).inputValue(), "5 min");
  assert.deepEqual(other.faults, []);
});

test("nothing broke in the page meanwhile", () => {
  assert.deepEqual(admin.faults, []);
});
