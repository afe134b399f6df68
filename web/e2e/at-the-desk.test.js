/** What an operator notices and keeps while things change around them: focus, place, drafts, who waits. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFaults, launch, newPage, signIn } from "./browser.js";
import { startDemo } from "./demo.js";
import { conversation, message, openCase, openProfile, openSetting, text } from "./places.js";

let demo;
let browser;
let ben;
let grace;
let phones;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  [ben, grace, phones] = [await newPage(browser), await newPage(browser), await newPage(browser)];
  await signIn(ben, demo.desk, demo.people.ben);
  await signIn(grace, demo.desk, demo.people.grace);
  await phones.goto(demo.phones);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const composer = () => ben.getByRole("textbox", { name: "Reply" });
const inbox = () => ben.getByRole("link", { name: "Inbox", exact: true });
const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);
const fromEnd = () =>
  conversation(ben).evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);

/** Waits until something has the focus, which may come a moment after what it follows from. */
async function focused(locator) {
  const page = locator.page();
  const element = await locator.elementHandle();
  await page.waitForFunction((wanted) => document.activeElement === wanted, element);
}

test("how many wait is said beside the inbox and in the browser's tab, on every page", async () => {
  await openProfile(ben);
  const described = () =>
    inbox().evaluate(
      (link) => document.getElementById(link.getAttribute("aria-describedby")).textContent,
    );
  await ben.waitForFunction(() => document.title.startsWith("(2) "));
  assert.equal(await described(), "1 waiting for you, 1 unassigned");
  assert.deepEqual(await axeFaults(ben), []);
  await openCase(ben, "Priya Nair");
  assert.equal(await ben.title(), "(2) Priya Nair · Backsoon");
  await composer().fill("One moment, I am looking.");
  await ben.keyboard.press("Control+Enter");
  await ben.waitForFunction(() => document.title === "(1) Priya Nair · Backsoon");
  assert.equal(await described(), "1 unassigned");
  await ben.getByRole("button", { name: /^Your menu/ }).click();
  await ben.getByRole("menuitemcheckbox", { name: "Count unassigned customers here" }).click();
  await ben.keyboard.press("Escape");
  await ben.waitForFunction(() => document.title === "Priya Nair · Backsoon");
  assert.equal(await described(), "");
});

test("the end of a conversation stays in sight while the reply grows", async () => {
  for (let count = 1; count <= 9; count += 1) await text(phones, "Priya Nair", `Line ${count}`);
  await conversation(ben).getByText("Line 9", { exact: true }).waitFor();
  await composer().fill("a long reply\n".repeat(8));
  await ben.waitForTimeout(200);
  assert.ok((await fromEnd()) < 2, `the end is ${await fromEnd()} px below`);
});

test("a text that comes while one reads further up moves neither the place nor the focus", async () => {
  await conversation(ben).evaluate((box) => {
    box.scrollTop = 40;
  });
  await composer().focus();
  await text(phones, "Priya Nair", "And another one");
  const toEnd = ben.getByRole("button", { name: "New messages" });
  await toEnd.waitFor();
  assert.equal(await conversation(ben).evaluate((box) => box.scrollTop), 40);
  assert.ok(await isFocused(composer()));
  await toEnd.focus();
  await ben.keyboard.press("Enter");
  await focused(conversation(ben));
  assert.ok((await fromEnd()) < 2);
});

test("what was begun is marked in the list, found again, and asked about before the tab goes", async () => {
  await composer().fill("Half a sent");
  await inbox().click();
  const row = ben.getByRole("list", { name: "Cases" }).getByRole("link", { name: "Priya Nair" });
  await row.getByText("Draft").waitFor();
  await row.getByText("Half a sent").waitFor();
  assert.deepEqual(await axeFaults(ben), []);
  const asked = ben.waitForEvent("dialog");
  ben.once("dialog", (dialog) => dialog.dismiss());
  await ben.evaluate(() => window.location.reload());
  assert.equal((await asked).type(), "beforeunload");
  await row.click();
  assert.equal(await composer().inputValue(), "Half a sent");
  await composer().fill("");
  await inbox().click();
  assert.equal(await row.getByText("Draft").count(), 0);
});

test("who takes a case by keyboard stays at it; from the list one can skip to it", async () => {
  await openCase(ben, "Maria Lopez", "All");
  const take = ben.getByRole("button", { name: "Assign to me" });
  await take.focus();
  await ben.keyboard.press("Enter");
  await take.waitFor({ state: "detached" });
  await focused(ben.getByRole("heading", { level: 1, name: "Maria Lopez" }));
  await ben.getByRole("link", { name: "Skip to the case" }).focus();
  await ben.keyboard.press("Enter");
  await focused(ben.getByRole("region", { name: "Case", exact: true }));
});

test("a low window leaves room to read the conversation", async () => {
  await ben.setViewportSize({ width: 640, height: 400 });
  await message(ben, "What do I owe you?").waitFor();
  const height = await conversation(ben).evaluate((box) => box.clientHeight);
  assert.ok(height >= 200, `${height} px`);
  await composer().focus();
  await ben.getByRole("button", { name: "Send" }).scrollIntoViewIfNeeded();
  await ben.setViewportSize({ width: 1280, height: 800 });
});

test("an address of no case leads back to the inbox", async () => {
  await ben.goto(`${demo.desk}/cases/nothing`);
  await ben.getByRole("heading", { name: "Not found" }).waitFor();
  await ben.getByRole("link", { name: "Back to the inbox" }).click();
  await ben.getByRole("list", { name: "Cases" }).waitFor();
});

test("an away message that is on is said on every page, until one is back (R11)", async () => {
  const notice = ben.getByRole("region", { name: "Your away message" });
  assert.equal(await notice.count(), 0);
  await openProfile(ben);
  await ben.getByRole("switch", { name: "Use my away message" }).check();
  await ben.getByRole("textbox", { name: "What it is about" }).fill("Vacation");
  await ben.getByRole("textbox", { name: "Text of my away message" }).fill("Back on Monday.");
  await ben.getByRole("button", { name: "Save", exact: true }).click();
  await ben.getByText("Your away message is in force now.").waitFor();
  await inbox().click();
  await notice.getByText("also while you are here").waitFor();
  assert.deepEqual(await axeFaults(ben), []);
  await notice.getByRole("link", { name: "Change it" }).click();
  await ben.getByRole("button", { name: "I'm back" }).click();
  await ben.getByText("Welcome back.").waitFor();
  await inbox().click();
  await ben.getByRole("list", { name: "Cases" }).waitFor();
  assert.equal(await notice.count(), 0);
});

test("a dialog that was opened from a menu gives the focus back to the menu's button", async () => {
  await openSetting(grace);
  await grace.getByRole("link", { name: "Users" }).click();
  const actions = grace.getByRole("button", { name: "Actions for Ben Schulz" });
  await actions.focus();
  await grace.keyboard.press("Enter");
  await grace.getByRole("menuitem", { name: "Edit name" }).focus();
  await grace.keyboard.press("Enter");
  await focused(grace.getByRole("textbox", { name: "Name" }));
  await grace.keyboard.press("Escape");
  await focused(actions);
  const add = grace.getByRole("button", { name: "Add a user" });
  await add.focus();
  await grace.keyboard.press("Enter");
  await grace.getByRole("dialog").waitFor();
  await grace.keyboard.press("Escape");
  await focused(add);
});

test("saving, and what is pressed beside a field, leave the focus where one was", async () => {
  await openSetting(grace);
  const reply = grace.getByRole("textbox", { name: "Text of the reply" });
  await reply.fill("I’m away — back soon.");
  const replace = grace.getByRole("button", { name: "Replace with plain characters" });
  await replace.focus();
  await grace.keyboard.press("Enter");
  await focused(reply);
  assert.equal(await reply.inputValue(), "I'm away - back soon.");
  const save = grace.getByRole("button", { name: "Save", exact: true });
  await save.focus();
  await grace.keyboard.press("Enter");
  await grace.getByText("Saved. The reply is on.").waitFor();
  await focused(save);
  assert.ok(await save.isDisabled());
  assert.deepEqual(await axeFaults(grace), []);
});

test("a reply with typographic characters is made cheaper with one press", async () => {
  await openCase(ben, "Priya Nair");
  await composer().fill(`It’s ready — ${"see you soon. ".repeat(7)}`);
  await ben.getByText("2 SMS segments").waitFor();
  await ben.getByRole("button", { name: "Replace with plain characters" }).click();
  await ben.getByText("1 SMS segment", { exact: false }).waitFor();
  await focused(composer());
  assert.match(await composer().inputValue(), /^It's ready - see/);
  // Whatever else costs without need: a space of another width, signs of direction.
  const letters = "x".repeat(100);
  for (const [written, plain] of [
    [`${letters}\u2005y`, `${letters} y`],
    [`\u2068${letters}\u2069`, letters],
  ]) {
    await composer().fill(written);
    await ben.getByText("UCS-2 · 2 SMS segments").waitFor();
    await ben.getByRole("button", { name: "Replace with plain characters" }).click();
    await ben.getByText("GSM-7 · 1 SMS segment").waitFor();
    assert.equal(await composer().inputValue(), plain);
  }
  await composer().fill("🇩🇪".repeat(33));
  await ben.getByText("UCS-2 · 3 SMS segments").waitFor();
  await composer().fill("");
});

test("a text that shows nothing cannot be sent", async () => {
  const send = ben.getByRole("button", { name: "Send", exact: true });
  for (const nothing of ["\u200b", "\u2800\u2800", "\u3164"]) {
    await composer().fill(nothing);
    assert.ok(await send.isDisabled(), JSON.stringify(nothing));
  }
  await composer().fill("…");
  assert.ok(await send.isEnabled());
  await composer().fill("");
});

test("who asked for it is notified of a new text while looking elsewhere, and only then", async () => {
  const chloe = await newPage(browser);
  await chloe.addInitScript(() => {
    window.told = [];
    window.Notification = class {
      static permission = "default";
      static async requestPermission() {
        window.Notification.permission = "granted";
        return "granted";
      }
      constructor(title, { body }) {
        window.told.push(`${title} ${body}`);
        window.lastTold = this;
      }
      close() {}
    };
  });
  await signIn(chloe, demo.desk, demo.people.chloe);
  const told = () => chloe.evaluate(() => window.told);
  const rows = chloe.getByRole("list", { name: "Cases" }).getByRole("link", { name: "Tom Becker" });
  await rows.first().waitFor();
  await chloe.getByRole("button", { name: /^Your menu/ }).click();
  await chloe.getByRole("menuitemcheckbox", { name: "Notify me of new texts here" }).click();
  await chloe.keyboard.press("Escape");
  await text(phones, "Tom Becker", "While you look");
  await rows.getByText("While you look").waitFor();
  assert.deepEqual(await told(), []);

  await chloe.evaluate(() => {
    document.hasFocus = () => false;
  });
  await text(phones, "Tom Becker", "While you are elsewhere");
  await chloe.waitForFunction(() => window.told.length > 0);
  assert.deepEqual(await told(), ["Tom Becker has texted you."]);
  await chloe.evaluate(() => window.lastTold.onclick());
  await chloe.getByRole("heading", { level: 1, name: "Tom Becker" }).waitFor();
  assert.deepEqual(chloe.faults, []);
  await chloe.context().close();
});

test("a page that breaks says so and leaves the rest of the desk alone", async () => {
  const page = await newPage(browser);
  await signIn(page, demo.desk, demo.people.grace);
  await page.route(/\/api\/v1\/users(\?|$)/, (route) =>
    route.fulfill({ json: { items: [{ roles: null }], next_cursor: null } }),
  );
  await page.goto(`${demo.desk}/settings/users`);
  const broken = page.getByRole("heading", { name: "This page has broken" });
  await broken.waitFor();
  assert.deepEqual(await axeFaults(page), []);
  await page.getByRole("link", { name: "Inbox", exact: true }).click();
  await broken.waitFor({ state: "detached" });
  await page.getByRole("searchbox").waitFor();
  await page.context().close();
});

test("nothing broke in any page meanwhile", () => {
  assert.deepEqual([...ben.faults, ...grace.faults, ...phones.faults], []);
});
