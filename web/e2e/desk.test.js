/** An operator's day at the desk: reading, answering, being there and not being there. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, requestsOf } from "./browser.js";
import { startDemo } from "./demo.js";
import { conversation, message, openCase, phoneOf, text } from "./places.js";

let demo;
let browser;
let ben;
let phones;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ben = await newPage(browser);
  phones = await newPage(browser);
  await phones.goto(demo.phones);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const composer = () => ben.getByRole("textbox", { name: "Reply" });

test("a wrong password is refused; signing in leads back to the page that was asked for", async () => {
  await ben.goto(`${demo.desk}/profile/auto-reply`);
  await ben.getByLabel("E-mail").fill(demo.people.ben.email);
  await ben.getByLabel("Password", { exact: true }).fill("not the password");
  await ben.keyboard.press("Enter");
  await ben.getByRole("alert").waitFor();
  await ben.getByLabel("Password", { exact: true }).fill(demo.people.ben.password);
  await ben.keyboard.press("Enter");
  await ben.getByRole("heading", { level: 1, name: "Auto Reply" }).waitFor();
});

test("signing in by hand counts as activity, signing in by itself does not (R2)", async () => {
  const { email, password } = demo.people.chloe;
  const page = await newPage(browser);
  const reports = requestsOf(page, (line) => line === "POST /api/v1/me/activity");
  const enter = async (submit) => {
    await page.goto(`${demo.desk}/sign-in`);
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await submit();
    await page.getByRole("button", { name: /^Your menu/ }).waitFor();
  };
  // As a password manager does it: nothing is pressed.
  await enter(() => page.locator("form").evaluate((form) => form.requestSubmit()));
  await page.getByText(/^You: Inactive since/).waitFor();
  assert.deepEqual(reports, []);
  await page.context().clearCookies();

  await enter(() => page.getByRole("button", { name: "Sign in" }).click());
  await page.getByText(/^You: Active/).waitFor();
  assert.deepEqual(reports, ["POST /api/v1/me/activity"]);
  await page.context().close();
});

test("the inbox is walked by keyboard, and a reply is sent by keyboard", async () => {
  await ben.getByRole("link", { name: "Inbox", exact: true }).click();
  const rows = ben.getByRole("list", { name: "Cases" }).getByRole("link");
  await rows.first().waitFor();
  await ben.getByRole("searchbox", { name: "Search cases" }).focus();
  await ben.keyboard.press("ArrowDown");
  await ben.keyboard.press("Enter");
  await ben.getByRole("heading", { level: 1, name: "Priya Nair" }).waitFor();
  await ben.keyboard.press("r");
  await ben.keyboard.type("Of course, I will send you a quote.");
  await ben.keyboard.press("Control+Enter");
  await phoneOf(phones, "Priya Nair").getByText("Of course, I will send you a quote.").waitFor();
  await message(ben, "Of course").getByText("Delivered").waitFor();
  assert.equal(await composer().inputValue(), "");
  await ben.keyboard.press("Escape");
  await ben.keyboard.press("/");
  assert.equal(
    await ben.evaluate(() => document.activeElement?.getAttribute("aria-label")),
    "Search cases",
  );
});

test("an open page that nobody touches reports neither activity nor seen", async () => {
  await openCase(ben, "Priya Nair");
  await ben.reload();
  await conversation(ben).getByText("Of course").waitFor();
  const posts = requestsOf(ben, (line) => line.startsWith("POST"));
  await text(phones, "Priya Nair", "And a third tap?");
  await conversation(ben).getByText("And a third tap?").waitFor();
  // Long enough for anything that the page would do by itself on a new message.
  await ben.waitForTimeout(1000);
  assert.deepEqual(posts, []);

  await ben.mouse.wheel(0, 10);
  await message(ben, "And a third tap?")
    .getByText(/opened it/)
    .waitFor();
  assert.deepEqual([...new Set(posts)].sort(), [
    "POST /api/v1/cases/:id/seen".replace(":id", new URL(ben.url()).pathname.split("/")[2]),
    "POST /api/v1/me/activity",
  ]);
});

test("a stranger's words and names are shown as text", async () => {
  const hostile =
    '<img src=x onerror="document.title=1"><script>document.title=2</script> \u202etxet';
  await text(phones, "Priya Nair", hostile);
  await conversation(ben).getByText("<script>document.title=2</script>").waitFor();
  assert.equal(await conversation(ben).locator("script, img").count(), 0);
  assert.match(await ben.title(), /Priya Nair/);
});

test("a picture comes through the desk's own address", async () => {
  await phones.getByRole("button", { name: "Attach a sample picture, Priya Nair" }).click();
  await text(phones, "Priya Nair", "This one");
  const picture = conversation(ben).getByRole("img", { name: /^Attachment 1 from Priya Nair/ });
  await picture.waitFor();
  await ben.waitForFunction((image) => image.naturalWidth > 0, await picture.elementHandle());
  assert.equal(new URL(await picture.evaluate((image) => image.src)).origin, demo.desk);
});

test("a refused message says why and can be sent again", async () => {
  const faults = (list) =>
    phones.evaluate(
      (body) =>
        fetch("/sandbox/faults", {
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ faults: body }),
        }).then((answer) => answer.status),
      list,
    );
  assert.equal(await faults([{ kind: "refuse", code: 30006, remaining: 1, delay_ms: null }]), 200);
  await composer().fill("Can you read this?");
  await ben.keyboard.press("Control+Enter");
  const refused = conversation(ben).getByRole("listitem").filter({ hasText: "Not delivered" });
  await refused.waitFor();
  await refused.getByRole("button", { name: "Send again" }).click();
  await phoneOf(phones, "Priya Nair").getByText("Can you read this?").waitFor();
});

test("a case is closed, found again among the closed, and reopened by the customer", async () => {
  await ben.getByRole("button", { name: "Close case" }).click();
  await ben.getByRole("button", { name: "Reopen" }).waitFor();
  await ben.getByRole("radiogroup", { name: "Open or closed" }).getByText("Closed").click();
  await ben
    .getByRole("list", { name: "Cases" })
    .getByRole("link", { name: "Priya Nair" })
    .waitFor();
  await text(phones, "Priya Nair", "One more question");
  await ben.getByRole("button", { name: "Close case" }).waitFor();
  await ben.getByRole("radiogroup", { name: "Open or closed" }).getByText("Open").click();
});

test("a customer who opts out cannot be written to, and the page says why (R15)", async () => {
  await text(phones, "Priya Nair", "STOP");
  await ben.getByText("This customer is opted out").waitFor();
  assert.equal(await composer().count(), 0);
  await text(phones, "Priya Nair", "START");
  await composer().waitFor();
});

test("changes of one's own reply are not lost by leaving", async () => {
  await ben.getByRole("button", { name: /^Your menu/ }).click();
  await ben.getByRole("menuitem", { name: "Auto Reply" }).click();
  const own = ben.getByRole("textbox", { name: "Text of my reply" });
  await ben.getByRole("switch", { name: "Reply with my own text" }).check();
  await own.fill("Hi {{ customer.first_name }}, Ben here. Back in a minute.");
  await ben.getByTestId("preview-text").getByText("Hi Jo, Ben here.").waitFor();
  await ben.getByRole("link", { name: "Inbox", exact: true }).click();
  await ben.getByRole("button", { name: "Stay on this page" }).click();
  await ben.goBack();
  await ben.getByRole("button", { name: "Stay on this page" }).click();
  await ben.getByRole("button", { name: "Save" }).click();
  await ben.getByText("Your own reply is on").waitFor();
  await ben.reload();
  assert.equal(await own.inputValue(), "Hi {{ customer.first_name }}, Ben here. Back in a minute.");
});

test("signing out ends it", async () => {
  await ben.getByRole("button", { name: /^Your menu/ }).click();
  await ben.getByRole("menuitem", { name: "Sign out" }).click();
  await ben.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await ben.goto(demo.desk);
  await ben.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
});

test("nothing broke in any page meanwhile", () => {
  assert.deepEqual([...ben.faults, ...phones.faults], []);
});
