/** A text that reads like a stop (R15): nobody is opted out by a guess, and its operator is asked, by keyboard alone. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFaults, launch, newPage, overflows, signIn } from "./browser.js";
import { startDemo } from "./demo.js";
import { conversation, message, openCase, phoneOf, text } from "./places.js";

const FIRST = "please stop texting me";
const SECOND = "Take me off your list, please";

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
  await openCase(ben, "Priya Nair");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const question = (page) =>
  page.getByRole("group", { name: "Does Priya Nair ask not to be written to any more?" });
const row = () =>
  ben.getByRole("list", { name: "Cases" }).getByRole("link", { name: /Priya Nair/ });

/** Goes on with Tab until something has the focus, as one does who has no mouse. */
async function tabTo(page, target) {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail("The focus never came there.");
}

test("it is not answered, and the question stands under it and in the row", async () => {
  await text(phones, "Priya Nair", FIRST);
  await message(ben, FIRST)
    .getByText(/No automatic reply: a message reads like a request not to be written to any more/)
    .waitFor();
  await message(ben, FIRST).getByRole("group").waitFor();
  assert.equal(await question(ben).count(), 1);
  await row().getByText("stop?").waitFor();
  assert.equal(await phoneOf(phones, "Priya Nair").getByText("Opted out").count(), 0);
});

for (const scheme of [
  { colorScheme: "light" },
  { colorScheme: "dark" },
  { forcedColors: "active" },
]) {
  for (const width of [390, 768, 1280, 1440]) {
    test(`the question is readable: ${Object.values(scheme)[0]}, ${width} px`, async () => {
      const page = await newPage(browser, { ...scheme, viewport: { width, height: 844 } });
      await signIn(page, demo.desk, demo.people.ben);
      await openCase(page, "Priya Nair");
      await question(page).waitFor();
      assert.deepEqual(await axeFaults(page), []);
      assert.equal(await overflows(page), false, "wider than the window");
      for (const name of ["Opt the customer out", "Not meant so"]) {
        const box = await question(page).getByRole("button", { name }).boundingBox();
        assert.ok(box && box.x >= 0 && box.x + box.width <= width, `${name} is cut off`);
        assert.ok(box.height >= 24, `${name} is too small to hit (WCAG 2.5.8)`);
      }
      if (process.env.SCREENSHOTS) {
        const name = `stop-${Object.values(scheme)[0]}-${width}.png`;
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}` });
      }
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }
}

test('"Not meant so", by keyboard: the message is judged anew, and the focus stays on the case', async () => {
  await ben.keyboard.press("Escape");
  await tabTo(ben, question(ben).getByRole("button", { name: "Not meant so" }));
  await ben.keyboard.press("Enter");
  await question(ben).waitFor({ state: "detached" });
  await message(ben, FIRST)
    .getByText(/^Waiting: Ben Schulz was active/)
    .waitFor();
  assert.equal(await ben.evaluate(() => document.activeElement?.id), "case");
  assert.equal(await row().getByText("stop?").count(), 0);
  await ben.getByRole("textbox", { name: "Reply" }).waitFor();
});

test("two who are asked: what one said takes the question from the other", async () => {
  await text(phones, "Priya Nair", SECOND);
  const grace = await newPage(browser);
  await signIn(grace, demo.desk, demo.people.grace);
  await openCase(grace, "Priya Nair", "All");
  await message(grace, SECOND).getByRole("group").waitFor();
  await question(ben).waitFor();
  assert.equal(await question(ben).count(), 1);
  await question(ben).getByRole("button", { name: "Opt the customer out" }).click();
  await question(grace).waitFor({ state: "detached" });
  await grace.getByText("was opted out by an operator").waitFor();
  assert.deepEqual(grace.faults, []);
  await grace.context().close();
});

test('"Opt the customer out" acts like STOP: nothing can be sent, and nobody claims that they asked', async () => {
  await ben.getByText("This customer is opted out").waitFor();
  await ben.getByText("Priya Nair was opted out by an operator").waitFor();
  assert.equal(await ben.getByRole("textbox", { name: "Reply" }).count(), 0);
  await row().getByText("opted out").waitFor();
  await text(phones, "Priya Nair", "Hello?");
  await message(ben, "Hello?")
    .getByText("No automatic reply: an operator has opted the customer out of messages.")
    .waitFor();
});

test("in the row of who is opted out the case can be closed (U15)", async () => {
  await ben.getByRole("button", { name: "Close the case of Priya Nair" }).click();
  await ben.getByRole("button", { name: "Reopen" }).waitFor();
  await text(phones, "Priya Nair", "START");
  await ben.getByRole("textbox", { name: "Reply" }).waitFor();
  assert.ok(await conversation(ben).getByText("Opted back in").count());
});

test("nothing broke in any page meanwhile", () => {
  assert.deepEqual([...ben.faults, ...phones.faults], []);
});
