/** The inbox: whom nobody has taken, who waits longest, what stays in place; and a conversation longer than a page. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFaults, launch, newPage, overflows, signIn } from "./browser.js";
import { startDemo } from "./demo.js";
import { conversation, message, openCase, text } from "./places.js";

let demo;
let browser;
let ana;
let grace;
let phones;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  [ana, grace, phones] = [await newPage(browser), await newPage(browser), await newPage(browser)];
  await signIn(grace, demo.desk, demo.people.grace);
  await phones.goto(demo.phones);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const rows = (page) => page.getByRole("list", { name: "Cases" }).getByRole("link");
const names = (page) =>
  rows(page).evaluateAll((links) => links.map((link) => link.querySelector("bdi").textContent));
const tab = (page, name) =>
  page.getByRole("radiogroup", { name: "Whose cases" }).getByText(name, { exact: true });
const pool = (page) => page.getByRole("region", { name: "Unassigned customers" });
const titleBegins = (page, start) =>
  page.waitForFunction((wanted) => document.title.startsWith(wanted), start);
/** The pointer lies on no row. */
const away = (page) => page.mouse.move(900, 10);

/** What the phones' page does when somebody texts, for numbers and names of one's own. */
const texting = (number, body) =>
  phones.evaluate(
    async ([from, words]) => {
      const post = (path, json) =>
        fetch(path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(json),
        });
      const phone = `/sandbox/phones/${encodeURIComponent(from)}`;
      if (!(await fetch(phone)).ok) await post("/sandbox/phones", { number: from, name: "" });
      const to = (await (await fetch("/sandbox/phones")).json()).numbers[0].number;
      const answer = await post(`${phone}/messages`, { to, body: words, media: false });
      if (!answer.ok) throw new Error(await answer.text());
    },
    [number, body],
  );

test("who has no cases of their own is shown whom nobody has taken, and takes the next (U38)", async () => {
  await grace.getByText(/1 unassigned customer has waited for \d+\smin\./).waitFor();
  assert.deepEqual(await axeFaults(grace), []);
  await grace.getByRole("button", { name: "Show all that wait" }).click();
  await rows(grace).first().waitFor();
  assert.deepEqual(await names(grace), ["+1 206 555 0116"]);
  await tab(grace, "Mine").click();
  await grace.getByRole("button", { name: "Take the next" }).click();
  await grace.getByRole("heading", { level: 1, name: "+1 206 555 0116" }).waitFor();
  await grace.getByRole("combobox", { name: "Assigned to" }).waitFor();
  assert.equal(
    await grace.getByRole("combobox", { name: "Assigned to" }).inputValue(),
    "Grace Okafor (you)",
  );
  await titleBegins(grace, "(1) ");
});

test("new customers are told to everybody: tabs, title, badge, a line in Mine, notifications (U3)", async () => {
  await ana.addInitScript(() => {
    window.told = [];
    window.Notification = class {
      static permission = "granted";
      static async requestPermission() {
        return "granted";
      }
      constructor(title) {
        window.told.push(title);
      }
      close() {}
    };
  });
  await signIn(ana, demo.desk, demo.people.ana);
  await rows(ana).first().waitFor();
  const mine = Number(/^\((\d+)\)/.exec(await ana.title())?.[1] ?? 0);
  await ana.getByRole("button", { name: /^Your menu/ }).click();
  await ana.getByRole("menuitemcheckbox", { name: "Notify me of new texts here" }).click();
  await ana.keyboard.press("Escape");
  await ana.evaluate(() => {
    document.hasFocus = () => false;
  });
  for (const end of [1, 2, 3]) await texting(`+1206555770${end}`, `Hello from ${end}`);
  await titleBegins(ana, `(${mine + 3}) `);
  await pool(ana)
    .getByText("3 unassigned customers wait, the longest for less than 1 min")
    .waitFor();
  await ana.waitForFunction(() => window.told.length === 3);
  assert.deepEqual((await ana.evaluate(() => window.told)).sort(), [
    "+1 206 555 7701",
    "+1 206 555 7702",
    "+1 206 555 7703",
  ]);
  await ana
    .getByRole("radiogroup", { name: "Whose cases" })
    .getByRole("radio", { name: "Unassigned 3" })
    .waitFor({ state: "attached" });
  assert.deepEqual(await axeFaults(ana), []);

  await ana.getByRole("button", { name: /^Your menu/ }).click();
  await ana.getByRole("menuitemcheckbox", { name: "Count unassigned customers here" }).click();
  await ana.keyboard.press("Escape");
  await titleBegins(ana, mine > 0 ? `(${mine}) ` : "Inbox");
  await texting("+12065557704", "Nobody is told of me");
  await pool(ana).getByText("4 unassigned customers wait").waitFor();
  assert.equal(await ana.evaluate(() => window.told.length), 3);
});

test("who has waited longest stands first, who was answered below a line; or the newest first (U33)", async () => {
  await tab(grace, "Unassigned").click();
  await grace.getByRole("link", { name: /\+1 206 555 7704/ }).waitFor();
  await away(grace);
  const numbers = [1, 2, 3, 4].map((end) => `+1 206 555 770${end}`);
  assert.deepEqual(await names(grace), numbers);
  await texting("+12065557701", "Still here");
  await grace.getByText("Still here").waitFor();
  assert.deepEqual(await names(grace), numbers);
  const newest = grace.getByRole("switch", { name: "Newest first" });
  await newest.check();
  await rows(grace).first().getByText(numbers[0]).waitFor();
  await rows(grace).nth(1).getByText(numbers[3]).waitFor();
  assert.deepEqual(await names(grace), [numbers[0], ...numbers.slice(1).reverse()]);
  await newest.uncheck();

  await tab(grace, "Mine").click();
  await rows(grace).first().click();
  await grace.getByRole("textbox", { name: "Reply" }).fill("We are on our way.");
  await grace.keyboard.press("Control+Enter");
  await pool(grace).getByRole("button", { name: "Take the next" }).click();
  await grace.getByRole("heading", { level: 1, name: numbers[0] }).waitFor();
  await away(grace);
  const items = grace.getByRole("list", { name: "Cases" }).getByRole("listitem");
  await items.nth(2).waitFor();
  assert.match(await items.nth(0).innerText(), /1 206 555 7701/);
  assert.equal(await items.nth(1).innerText(), "Answered");
  assert.match(await items.nth(2).innerText(), /1 206 555 0116.*You: We are on our way\./s);
});

test("the list stands still while one points at it, and says what is new (U34)", async () => {
  await tab(grace, "All").click();
  await rows(grace).nth(3).waitFor();
  const before = await names(grace);
  await rows(grace).nth(1).hover();
  await texting("+12065557705", "I am new");
  await grace.getByRole("button", { name: "1 new" }).waitFor();
  await text(phones, "Tom Becker", "And I come up");
  await rows(grace).filter({ hasText: "And I come up" }).waitFor();
  assert.deepEqual(await names(grace), before);
  assert.deepEqual(await axeFaults(grace), []);
  await grace.getByRole("button", { name: "1 new" }).click();
  await rows(grace).first().getByText("Tom Becker").waitFor();
  assert.deepEqual((await names(grace)).slice(0, 2), ["Tom Becker", "+1 206 555 7705"]);

  await away(grace);
  await rows(grace).nth(2).focus();
  const walked = await names(grace);
  await texting("+12065557706", "I am new, too");
  await grace.getByRole("button", { name: "1 new" }).waitFor();
  assert.deepEqual(await names(grace), walked);
  await grace.getByRole("searchbox").focus();
  await rows(grace).first().getByText("+1 206 555 7706").waitFor();
});

test("the arrows go on beside a case that has left the list (U35)", async () => {
  await tab(grace, "Unassigned").click();
  await grace.getByRole("link", { name: /\+1 206 555 7706/ }).waitFor();
  const [, second, third] = await names(grace);
  await rows(grace).nth(1).click();
  await grace.getByRole("heading", { level: 1, name: second }).waitFor();
  await away(grace);
  await grace.getByRole("textbox", { name: "Reply" }).fill("Yours is mine now.");
  await grace.keyboard.press("Control+Enter");
  await grace.getByRole("link", { name: new RegExp(`\\${second}`) }).waitFor({ state: "detached" });
  await grace.keyboard.press("Escape");
  await grace.keyboard.press("ArrowDown");
  await grace.waitForFunction(
    (name) => document.activeElement?.querySelector?.("bdi")?.textContent === name,
    third,
  );
});

test("another tab never shows the cases of the one before while it loads (U8)", async () => {
  await tab(grace, "Mine").click();
  let go = () => {};
  const held = new Promise((resolve) => {
    go = resolve;
  });
  await grace.route(/assigned_to=me/, async (route) => {
    await held;
    await route.continue();
  });
  await grace.reload();
  await grace.getByRole("status", { name: "Loading cases" }).waitFor();
  await tab(grace, "All").click();
  await rows(grace).first().waitFor();
  await tab(grace, "Mine").click();
  await grace.getByRole("status", { name: "Loading cases" }).waitFor();
  assert.equal(await rows(grace).count(), 0);
  assert.deepEqual(await axeFaults(grace), []);
  go();
  await rows(grace).first().waitFor();
  await grace.unroute(/assigned_to=me/);
});

test("addresses in a text are links that say nothing of the desk (U21)", async () => {
  await openCase(grace, "Tom Becker", "All");
  await text(
    phones,
    "Tom Becker",
    "See https://example.com/a?b=1, mail t@example.com or +1 206 555 0117",
  );
  const links = message(grace, "See https").getByRole("link");
  await links.first().waitFor();
  assert.deepEqual(
    await links.evaluateAll((all) => all.map(({ href, rel, target }) => [href, rel, target])),
    ["https://example.com/a?b=1", "mailto:t@example.com", "tel:+12065550117"].map((href) => [
      href,
      "noreferrer nofollow",
      "_blank",
    ]),
  );
});

test("where nobody is assigned it says so, with a way to take the case (U31)", async () => {
  await openCase(grace, "+1 206 555 7706", "All");
  const line = message(grace, "I am new, too");
  await line.getByText("Nobody is assigned, so no automatic reply can go out.").waitFor();
  await line.getByRole("button", { name: "Assign to me" }).click();
  await line.getByText(/No automatic reply: Grace Okafor|Due in/).waitFor();
});

test("a long conversation opens at its end, and reads older messages on the way up (U32)", async () => {
  for (let count = 1; count <= 130; count += 1) await texting("+12065557707", `Line ${count}.`);
  const asked = [];
  grace.on("request", (request) => {
    if (request.url().includes("/messages?")) asked.push(new URL(request.url()).search);
  });
  await openCase(grace, "+1 206 555 7707", "All");
  await conversation(grace).getByText("Line 130.", { exact: true }).waitFor();
  assert.equal(asked.filter((query) => query.includes("order=newest")).length, 1);
  assert.equal(await conversation(grace).getByText("Line 80.", { exact: true }).count(), 0);
  const box = conversation(grace);
  await grace.waitForFunction(
    (element) => element.scrollHeight - element.scrollTop - element.clientHeight < 2,
    await box.elementHandle(),
  );

  // What one looks at stays where it is while older messages are put in front of it.
  const top = (words) =>
    box
      .getByText(words, { exact: true })
      .evaluate((element) => element.getBoundingClientRect().top);
  await box.evaluate((element) => {
    element.scrollTop = 300;
  });
  const held = await top("Line 86.");
  await box.getByText("Line 40.", { exact: true }).waitFor({ state: "attached" });
  await grace.waitForTimeout(300);
  assert.ok(
    Math.abs((await top("Line 86.")) - held) < 4,
    `moved by ${(await top("Line 86.")) - held}`,
  );
  assert.deepEqual(await axeFaults(grace), []);

  await box.evaluate((element) => {
    element.scrollTop = 0;
  });
  await box.getByText("Line 1.", { exact: true }).waitFor();
  assert.equal(await box.getByRole("button", { name: "Earlier messages" }).count(), 0);
  const lines = await box
    .getByRole("listitem")
    .evaluateAll((all) =>
      all.map((item) => Number(/^Line (\d+)\./.exec(item.textContent)?.[1])).filter(Boolean),
    );
  assert.deepEqual(
    lines,
    Array.from({ length: 130 }, (_, index) => index + 1),
  );

  // A new text is patched in.
  asked.length = 0;
  await texting("+12065557707", "Line 131.");
  await box.getByText("Line 131.", { exact: true }).waitFor({ state: "attached" });
  assert.ok(asked.length > 0 && asked.every((query) => query.includes("since=")), asked.join(" "));
});

test("on a phone the inbox says the same, and nothing is wider than the window", async () => {
  await grace.goto(demo.desk);
  await grace.setViewportSize({ width: 390, height: 844 });
  await tab(grace, "Mine").click();
  await rows(grace).first().waitFor();
  assert.deepEqual(await axeFaults(grace), []);
  assert.equal(await overflows(grace), false);
});

test("nothing broke in any page meanwhile", () => {
  assert.deepEqual([...ana.faults, ...grace.faults, ...phones.faults], []);
});
