/** A text is a message from the press on: it goes out once, whatever happens to the page, the network and the server. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { axeFaults, launch, newPage, signIn } from "./browser.js";
import { startDemo } from "./demo.js";
import { conversation, message, openCase, phoneOf, text } from "./places.js";

let demo;
let browser;
let ben;
let phones;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  [ben, phones] = [await newPage(browser), await newPage(browser)];
  await signIn(ben, demo.desk, demo.people.ben);
  await phones.goto(demo.phones);
});

after(async () => {
  demo?.resume();
  await browser?.close();
  await demo?.stop();
});

const MESSAGES = /\/api\/v1\/cases\/[^/]+\/messages$/;
const composer = () => ben.getByRole("textbox", { name: "Reply" });
const onTheirWay = () => ben.getByRole("list", { name: "On their way" });
const row = (customer) =>
  ben.getByRole("list", { name: "Cases" }).getByRole("link", { name: customer }).first();

/** Holds every text back for a while, as a slow server would. */
async function slowly(delayMs) {
  await ben.route(MESSAGES, async (route) => {
    if (route.request().method() === "POST") await new Promise((go) => setTimeout(go, delayMs));
    await route.continue().catch(() => {});
  });
}

async function press(words) {
  await composer().fill(words);
  await ben.keyboard.press("Control+Enter");
}

/** How often these words came to the customer's phone, once they did and nothing is on its way any more. */
async function timesOnPhone(words, customer = "Priya Nair") {
  const bubbles = phoneOf(phones, customer).getByText(words, { exact: true });
  await bubbles.first().waitFor();
  await onTheirWay().waitFor({ state: "detached" });
  await ben.waitForTimeout(300);
  return bubbles.count();
}

beforeEach(async () => {
  await ben.unroute(MESSAGES);
  if (new URL(ben.url()).pathname === "/sign-in") return;
  await openCase(ben, "Priya Nair");
});

test("a text leaves the composer at once, and what is typed meanwhile stays", async () => {
  await slowly(1_500);
  await press("First words");
  assert.equal(await composer().inputValue(), "");
  await onTheirWay().getByText("First words").waitFor();
  await onTheirWay().getByText("Sending…").waitFor();
  assert.deepEqual(await axeFaults(ben), []);
  await composer().pressSequentially("and typed on");
  assert.equal(await timesOnPhone("First words"), 1);
  assert.equal(await composer().inputValue(), "and typed on");
  await composer().fill("");
});

test("U1: a slow server, another case, and back: it is sent once and the composer is empty", async () => {
  await slowly(2_000);
  await press("Slow but once");
  await openCase(ben, "Tom Becker", "All");
  await openCase(ben, "Priya Nair");
  assert.equal(await composer().inputValue(), "");
  await onTheirWay().getByText("Slow but once").waitFor();
  await composer().focus();
  await ben.keyboard.press("Control+Enter");
  assert.equal(await timesOnPhone("Slow but once"), 1);
});

test("U1: sent and left: no draft stays behind", async () => {
  await slowly(800);
  await press("Sent and left");
  await openCase(ben, "Tom Becker", "All");
  await phoneOf(phones, "Priya Nair").getByText("Sent and left").waitFor();
  assert.equal(await row("Priya Nair").getByText("Draft").count(), 0);
  await openCase(ben, "Priya Nair");
  await message(ben, "Sent and left").getByText("Delivered").waitFor();
  assert.equal(await composer().inputValue(), "");
});

test("U1, U7: without a network it waits, says so, and goes out once when that is back", async () => {
  await ben.context().setOffline(true);
  await ben.getByText("You are offline").waitFor();
  await press("From the tunnel");
  await onTheirWay().getByText("Waiting for the network").waitFor();
  assert.deepEqual(await axeFaults(ben), []);
  await row("Priya Nair").focus();
  await ben
    .getByRole("radiogroup", { name: "Whose cases" })
    .getByText("All", { exact: true })
    .click();
  await ben.context().setOffline(false);
  assert.equal(await timesOnPhone("From the tunnel"), 1);
  await ben.getByText("You are offline").waitFor({ state: "detached" });
});

test("after more than a minute without a network it asks first", async () => {
  await ben.clock.install();
  await ben.clock.resume();
  await ben.context().setOffline(true);
  await press("Too late to go alone");
  await press("And one behind it");
  await ben.clock.fastForward(180_000);
  await onTheirWay().getByText("You have been offline for 3 min.").waitFor();
  await ben.context().setOffline(false);
  await onTheirWay().getByText("You were offline for 3 min. Send now?").waitFor();
  await ben.getByRole("link", { name: "2 texts not sent" }).waitFor();
  assert.deepEqual(await axeFaults(ben), []);
  await ben.waitForTimeout(1_000);
  assert.equal(await phoneOf(phones, "Priya Nair").getByText("Too late to go alone").count(), 0);
  await onTheirWay().getByRole("button", { name: "Send now" }).click();
  assert.equal(await timesOnPhone("Too late to go alone"), 1);
  assert.equal(await timesOnPhone("And one behind it"), 1);
});

test("a text that is not sent can be edited, before what was begun meanwhile", async () => {
  await ben.context().setOffline(true);
  await press("Wrong words");
  await composer().fill("begun meanwhile");
  await onTheirWay().getByRole("button", { name: "Edit" }).click();
  assert.equal(await composer().inputValue(), "Wrong words\nbegun meanwhile");
  await onTheirWay().waitFor({ state: "detached" });
  await composer().fill("");
  await ben.context().setOffline(false);
  await ben.getByText("You are offline").waitFor({ state: "detached" });
});

test("a lost answer: tried again under the same key, it is one message", async () => {
  let lost = 0;
  await ben.route(MESSAGES, async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort("connectionreset");
  });
  await press("Was it sent?");
  assert.equal(await timesOnPhone("Was it sent?"), 1);
  assert.equal(lost, 1);
});

test("a page that is loaded anew goes on with the same text", async () => {
  await slowly(30_000);
  await press("Over a reload");
  await onTheirWay().getByText("Sending…").waitFor();
  const kept = await ben.evaluate(() => Object.values(window.sessionStorage).join());
  assert.ok(!kept.includes("Over a reload"), "nobody can read it in the storage");
  await ben.unroute(MESSAGES);
  await ben.reload();
  await ben.getByRole("heading", { level: 1, name: "Priya Nair" }).waitFor();
  assert.equal(await timesOnPhone("Over a reload"), 1);
  assert.equal(await composer().inputValue(), "");
});

test("a frozen server is said to be silent, and sends once when it thaws", async () => {
  demo.freeze();
  await press("Into the ice");
  await onTheirWay().getByText("No answer from the desk's server yet.").waitFor();
  await ben
    .getByText("No answer from the desk's server", { exact: true })
    .waitFor({ timeout: 60_000 });
  demo.resume();
  assert.equal(await timesOnPhone("Into the ice"), 1);
  await ben
    .getByText("No answer from the desk's server", { exact: true })
    .waitFor({ state: "detached" });
});

test("an expired session: one signs in, and it goes on", async () => {
  await composer().fill("After signing in");
  await conversation(ben).getByText("Into the ice").waitFor();
  await ben.context().clearCookies();
  await ben.keyboard.press("Control+Enter");
  await ben.getByLabel("E-mail").fill(demo.people.ben.email);
  await ben.getByLabel("Password", { exact: true }).fill(demo.people.ben.password);
  await ben.keyboard.press("Enter");
  await ben.getByRole("heading", { level: 1, name: "Priya Nair" }).waitFor();
  assert.equal(await timesOnPhone("After signing in"), 1);
});

test("a refused text says why; the second waited for it and fails with it (R15)", async () => {
  await slowly(700);
  await press("You have not read this");
  await press("Nor this");
  await text(phones, "Priya Nair", "STOP");
  await ben.getByText("This customer is opted out").waitFor();
  const failed = onTheirWay().getByRole("listitem");
  const first = await phoneOf(phones, "Priya Nair").getByText("You have not read this").count();
  if (first === 0) {
    await failed
      .nth(0)
      .getByText(/has opted out/)
      .waitFor();
    await failed.nth(1).getByText("The text before it was not sent.").waitFor();
  } else {
    await failed
      .nth(0)
      .getByText(/has opted out/)
      .waitFor();
  }
  assert.deepEqual(await axeFaults(ben), []);
  await text(phones, "Priya Nair", "START");
  await composer().waitFor();
  for (;;) {
    const edit = onTheirWay().getByRole("button", { name: "Edit" });
    if ((await edit.count()) === 0) break;
    await edit.first().click();
    await ben.waitForTimeout(200);
  }
  await composer().fill("");
});

test("who answers into a case that a colleague answered meanwhile is asked once", async () => {
  const chloe = await newPage(browser);
  await signIn(chloe, demo.desk, demo.people.chloe);
  await composer().fill("Open the windows");
  await openCase(chloe, "Priya Nair", "All");
  await chloe.getByRole("textbox", { name: "Reply" }).fill("Call 911");
  await chloe.keyboard.press("Control+Enter");
  await conversation(ben).getByText("Call 911").waitFor();
  await ben.getByText(/answered .*, after you began\./).waitFor();
  await composer().focus();
  await ben.keyboard.press("Control+Enter");
  const anyway = ben.getByRole("button", { name: "Send anyway" });
  await anyway.waitFor();
  assert.deepEqual(await axeFaults(ben), []);
  assert.equal(await composer().inputValue(), "Open the windows");
  await ben.keyboard.press("Escape");
  await anyway.waitFor({ state: "detached" });
  await ben.keyboard.press("Control+Enter");
  assert.equal(await timesOnPhone("Open the windows"), 1);
  await chloe.context().close();
});

test("U4: a text that fails after one moved on is told, marked, counted and listed", async () => {
  await phones.evaluate(() =>
    fetch("/sandbox/faults", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        faults: [{ kind: "undelivered", code: 30003, remaining: 1, delay_ms: null }],
      }),
    }),
  );
  await slowly(1_500);
  await press("Will not arrive");
  await openCase(ben, "Tom Becker", "All");
  await ben.getByText("A text was not delivered").waitFor();
  const chip = ben.getByRole("link", { name: "1 text failed" });
  await chip.waitFor();
  assert.deepEqual(await axeFaults(ben), []);
  const toast = ben.getByRole("alert").filter({ hasText: "A text was not delivered" });
  await toast.getByRole("button", { name: "Dismiss" }).click();
  await toast.waitFor({ state: "detached" });
  await chip.click();
  await ben.getByRole("button", { name: "Failed texts only" }).waitFor();
  await row("Priya Nair").getByText("Not delivered").waitFor();
  await row("Priya Nair").click();
  await ben.getByRole("button", { name: "Dismiss" }).click();
  await chip.waitFor({ state: "detached" });
  await ben.getByRole("button", { name: "Failed texts only" }).click();
});

test("signing out asks before it takes what is not sent, and leaves nothing behind", async () => {
  await ben.context().setOffline(true);
  await press("Never sent");
  await onTheirWay().getByText("Waiting for the network").waitFor();
  await slowly(60_000);
  await ben.context().setOffline(false);
  await onTheirWay().getByText("Sending…").waitFor();
  await ben.getByRole("button", { name: /^Your menu/ }).click();
  await ben.getByRole("menuitem", { name: "Sign out" }).click();
  await ben.getByRole("dialog").getByText("not sent").waitFor();
  assert.deepEqual(await axeFaults(ben), []);
  await ben.getByRole("button", { name: "Sign out anyway" }).click();
  await ben.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  assert.equal(await ben.evaluate(() => window.sessionStorage.getItem("backsoon.outgoing")), null);
});

test("nothing broke in any page meanwhile", () => {
  assert.deepEqual([...ben.faults, ...phones.faults], []);
});
