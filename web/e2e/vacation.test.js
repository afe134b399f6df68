/** The story of a vacation: an away message, once per customer, until somebody says that they are back. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, signIn } from "./browser.js";
import { startDemo } from "./demo.js";
import { message, openCase, openProfile, phoneOf, text } from "./places.js";

const AWAY = "Ben is on vacation.";

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
  await signIn(ben, demo.desk, demo.people.ben);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const card = (name) => ben.getByRole("region", { name, exact: true });
const inForce = () => card("In force now");
const save = () => ben.getByRole("button", { name: "Save", exact: true }).click();
const field = (name) => card("Away").getByLabel(name, { exact: true });

test("what is wrong is said beside the field, and nothing is saved (R11)", async () => {
  await openProfile(ben);
  await card("Away").getByRole("switch", { name: "Use my away message" }).check();
  await save();
  await card("Away").getByText("A reply that is on needs a text.").waitFor();
  await card("Away").getByText("Say in a word or two what it is about").waitFor();

  await field("What it is about").fill("Vacation");
  await card("Away").getByLabel("Text of my away message").fill(`${AWAY} Back {{ back_at }}.`);
  await card("Away").getByText("Exact times").click();
  const start = await field("Starts on").inputValue();
  await field("Ends on").fill(start);
  await field("Starts at").fill("9");
  await field("Ends at").fill("8.30");
  await save();
  await card("Away").getByText("The end must be after the start.").waitFor();
  assert.equal(await field("Ends at").inputValue(), "08:30");
  assert.equal(await field("Ends on").getAttribute("aria-invalid"), "true");
  await ben.getByText(/needs? a look/).waitFor();
});

test("whole days are saved, and what is in force is said at a glance (R11, R14)", async () => {
  await card("Away").getByText("Whole days").click();
  const first = await field("First day").inputValue();
  const last = new Date(Date.parse(`${first}T00:00Z`) + 2 * 86_400_000).toISOString().slice(0, 10);
  await field("Last day, included").fill(last);
  await save();
  await ben.getByText("Your away message is in force now").waitFor();
  await inForce().getByText("Right now a customer would get: your away message").waitFor();
  await inForce()
    .getByText(/Ben is on vacation\. Back \w+ at 12:00 AM\./)
    .waitFor();
  await ben.reload();
  assert.equal(await field("Last day, included").inputValue(), last);
  await card("Away").getByText("In force now", { exact: true }).waitFor();
});

test("a customer gets it once, even while the operator looks at the desk (R11)", async () => {
  await text(phones, "Priya Nair", "Could I have the quote today?");
  await phoneOf(phones, "Priya Nair").getByText(AWAY).waitFor();
  await openCase(ben, "Priya Nair");
  await ben.mouse.wheel(0, 10);
  await message(ben, AWAY).getByText("Automatic reply · personal, away").waitFor();
  await text(phones, "Priya Nair", "Anybody?");
  await message(ben, "Anybody?")
    .getByText(/No automatic reply: /)
    .waitFor();
  assert.equal(await phoneOf(phones, "Priya Nair").getByText(AWAY).count(), 1);
});

test("looking at the desk does not end it, a click does (R11)", async () => {
  await text(phones, "Eva Lindqvist", "One gutter is dripping again.");
  await phoneOf(phones, "Eva Lindqvist").getByText(AWAY).waitFor();
  await openProfile(ben);
  await ben.getByRole("button", { name: "I'm back" }).click();
  await ben.getByText("Your away message has ended").waitFor();
  await inForce()
    .getByText(/Right now a customer would get: (?!your away message)/)
    .waitFor();
  assert.equal(await ben.getByRole("button", { name: "I'm back" }).count(), 0);

  await text(phones, "Eva Lindqvist", "Are you there now?");
  await openCase(ben, "Eva Lindqvist");
  await message(ben, "Are you there now?")
    .getByText(/Due in|opened it/)
    .waitFor();
  assert.equal(await phoneOf(phones, "Eva Lindqvist").getByText(AWAY).count(), 1);
});

test("a colleague joins a case and leaves it again", async () => {
  const people = ben.getByRole("list", { name: "Also on this case" });
  await ben.getByRole("button", { name: "Add a colleague" }).click();
  await ben.getByRole("option", { name: "Chloe Martin" }).click();
  await people.getByText("Chloe Martin").waitFor();
  await ben.reload();
  await people.getByRole("button", { name: "Remove Chloe Martin from this case" }).click();
  await people.waitFor({ state: "detached" });
});

test("nothing broke in any page meanwhile", () => {
  assert.deepEqual([...ben.faults, ...phones.faults], []);
});
