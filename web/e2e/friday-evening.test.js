/** The story of a Friday evening: office hours, the text outside them, and what the System Admin sees of it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, signIn } from "./browser.js";
import { deskTime, forwardTo, nextWall } from "./clock.js";
import { startDemo } from "./demo.js";
import { message, openCase, openProfile, openSetting, phoneOf, text } from "./places.js";

const ZONE = "America/Los_Angeles";
const CLOSED = "We are closed. I will be back";

let demo;
let browser;
let grace;
let ana;
let phones;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  grace = await newPage(browser);
  ana = await newPage(browser);
  phones = await newPage(browser);
  await phones.goto(demo.phones);
  await signIn(grace, demo.desk, demo.people.grace);
  await signIn(ana, demo.desk, demo.people.ana);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const save = (page) => page.getByRole("button", { name: "Save", exact: true }).click();
const time = (page, name) => page.getByRole("textbox", { name, exact: true });
const card = (name) => ana.getByRole("region", { name, exact: true });

test("the System Admin sets the usual hours by keyboard, errors beside the day (R12)", async () => {
  await openSetting(grace, "Office hours");
  await grace.getByRole("button", { name: "Add hours, Monday" }).focus();
  await grace.keyboard.press("Enter");
  await time(grace, "Monday, window 2, opens").waitFor();
  // The focus is where one goes on typing.
  await grace.keyboard.press("Control+a");
  await grace.keyboard.type("1pm");
  await grace.keyboard.press("Tab");
  assert.equal(await time(grace, "Monday, window 2, opens").inputValue(), "13:00");
  await grace.keyboard.press("Control+a");
  await grace.keyboard.type("17");
  await save(grace);
  await grace.getByText("09:00 to 17:00 and 13:00 to 17:00 overlap.").waitFor();
  assert.equal(await time(grace, "Monday, window 2, opens").getAttribute("aria-invalid"), "true");
  // Only the wrong time is marked.
  assert.equal(await time(grace, "Monday, window 1, opens").getAttribute("aria-invalid"), null);

  await time(grace, "Monday, window 1, closes").fill("12");
  await grace.getByRole("button", { name: "Copy Monday to other days" }).click();
  await grace.getByRole("menuitem", { name: "Every day" }).click();
  assert.equal(await time(grace, "Sunday, window 2, closes").inputValue(), "17:00");
  await grace.getByRole("button", { name: "Remove 13:00 to 17:00, Sunday" }).click();
  await grace.getByRole("button", { name: "Remove 09:00 to 12:00, Sunday" }).click();
  await time(grace, "Saturday, window 2, opens").fill("22");
  await time(grace, "Saturday, window 2, closes").fill("6");
  await time(grace, "Saturday, window 1, opens").focus();
  await grace.getByText("until 06:00 next day").waitFor();

  await grace.getByRole("button", { name: "Add a date" }).click();
  await save(grace);
  await grace.getByText("Choose a date.").waitFor();
  await grace.getByLabel("Date of the exception").fill("2030-12-25");
  await save(grace);
  await grace.getByText("Operators can take these hours over").waitFor();
  await grace.reload();
  assert.equal(await time(grace, "Saturday, window 2, closes").inputValue(), "06:00");
  assert.equal(await grace.getByLabel("Date of the exception").inputValue(), "2030-12-25");
});

test("an operator takes the hours over, and makes them her own (R12)", async () => {
  await openProfile(ana);
  await card("Office hours").getByRole("switch", { name: "Use my office hours" }).check();
  const take = card("Office hours").getByRole("button", { name: /^Take over the organization/ });
  await take.click();
  await time(ana, "Saturday, window 2, closes").waitFor();
  // Hers: Monday to Friday, nine to five, without a break.
  await ana.getByRole("button", { name: "Remove 13:00 to 17:00, Monday" }).click();
  await time(ana, "Monday, closes").fill("5 pm");
  await ana.getByRole("button", { name: "Copy Monday to other days" }).click();
  await ana.getByRole("menuitem", { name: "Monday to Friday" }).click();
  await ana.getByRole("button", { name: "Copy Sunday to other days" }).click();
  await ana.getByRole("menuitem", { name: "Saturday" }).click();
  await card("Office hours")
    .getByLabel("Text outside my office hours")
    .fill(`${CLOSED} {{ back_at }}. Have a good time!`);
  await save(ana);
  await ana.getByText(/^Saved\. /).waitFor();
  await ana.reload();
  assert.equal(await time(ana, "Friday, closes").inputValue(), "17:00");
  await ana.getByText(/nothing covers/).waitFor();
});

test("a customer who texts on Friday evening is told about Monday, once (R12, R23)", async () => {
  await forwardTo(grace, nextWall(await deskTime(grace), ZONE, "Friday", 18));
  // A session ends by itself long before Friday.
  await signIn(grace, demo.desk, demo.people.grace);
  await text(phones, "Maria Lopez", "Can somebody come on the weekend?");
  await phoneOf(phones, "Maria Lopez")
    .getByText(`${CLOSED} Monday at 9:00 AM. Have a good time!`)
    .waitFor();
  await openCase(grace, "Maria Lopez", "All");
  await message(grace, CLOSED)
    .getByText("Automatic reply · personal, outside office hours")
    .waitFor();
  await text(phones, "Maria Lopez", "Or on Sunday?");
  await message(grace, "Or on Sunday?")
    .getByText(/No automatic reply: /)
    .waitFor();
  assert.equal(await phoneOf(phones, "Maria Lopez").getByText(CLOSED).count(), 1);
});

test("what a customer would get at another time is answered, and what would have to change", async () => {
  await openSetting(grace);
  await grace.getByRole("combobox", { name: "Operator" }).click();
  await grace.getByRole("option", { name: "Ana Torres" }).click();
  const monday = new Date(nextWall(await deskTime(grace), ZONE, "Monday", 11));
  const date = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(monday);
  await grace.getByLabel(/^When/).fill(`${date}T07:30`);
  await grace.getByRole("button", { name: "Ask" }).click();
  const answer = grace.getByRole("status").filter({ hasText: "Ana" });
  await answer.getByText(`${CLOSED} today at 9:00 AM`).waitFor();
  await grace.getByLabel(/^When/).fill(`${date}T11:00`);
  await grace.getByRole("button", { name: "Ask" }).click();
  await answer.getByText(/No automatic reply would be sent: /).waitFor();
});

test("coverage shows it to the System Admin, with the gap (R14)", async () => {
  await openSetting(grace, "Coverage");
  const hers = grace.getByRole("region", { name: "Ana Torres" });
  await hers.getByText(/nothing covers/).waitFor();
  await hers.getByRole("button", { name: "Show as a list, Ana Torres" }).click();
  const rows = hers.getByRole("row");
  await rows.filter({ hasText: "Text outside office hours" }).first().waitFor();
  await rows.filter({ hasText: "Nothing, although replies are set up" }).first().waitFor();
  const first = await rows.nth(1).textContent();
  assert.match(first, /^Fri, .* 6:\d\d\sPM to Mon, .*, 9:00\sAMText outside office hours$/);
});

test("a System Admin switches it off, and the operator sees who and when", async () => {
  const hers = grace.getByRole("region", { name: "Ana Torres" });
  await hers.getByRole("button", { name: "Switch off a reply of Ana Torres" }).click();
  await grace.getByRole("menuitem", { name: "Switch off: office hours" }).click();
  await grace.getByRole("dialog").getByRole("button", { name: "Switch off" }).click();
  await hers.getByText("No Auto Reply of their own").waitFor();
  await signIn(ana, demo.desk, demo.people.ana);
  await openProfile(ana);
  await card("Office hours")
    .getByText(/Grace Okafor switched this off on /)
    .waitFor();
});

test("nothing broke in any page meanwhile", () => {
  assert.deepEqual([...grace.faults, ...ana.faults, ...phones.faults], []);
});
