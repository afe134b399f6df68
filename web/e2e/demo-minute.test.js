/** The demo's first minute: nobody has to type a password, and buttons are called what the README calls them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFaults, launch, newPage, overflows, signIn } from "./browser.js";
import { startDemo } from "./demo.js";

let demo;
let browser;

before(async () => {
  demo = await startDemo();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

test("the sign-in page offers the demo's people", async () => {
  const page = await newPage(browser);
  await page.goto(demo.desk);
  const offered = page.getByRole("region", { name: /demo/ }).getByRole("button");
  await offered.first().waitFor();
  assert.equal(await offered.count(), 4);
  assert.deepEqual(await axeFaults(page), []);
  await page.getByRole("button", { name: "Grace Okafor" }).click();
  await page.getByRole("heading", { level: 1, name: "Inbox" }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

for (const width of [390, 640, 768, 1280, 1440]) {
  test(`buttons keep their names at ${width} px`, async () => {
    const page = await newPage(browser, { viewport: { width, height: 800 } });
    await signIn(page, demo.desk, demo.people.grace);
    const forward = page.getByRole("button", { name: "Fast-forward 10 minutes" });
    await forward.waitFor();
    for (const words of ["Inbox", "Settings"]) {
      const shown = page
        .getByRole("navigation", { name: "Main" })
        .getByText(words, { exact: true });
      assert.ok((await shown.boundingBox()).width > 20, `${words} is read at ${width} px`);
    }
    assert.match(await forward.innerText(), /Fast-forward 10 minutes/);
    assert.ok(!(await overflows(page)), `nothing sticks out at ${width} px`);
    await page.context().close();
  });
}

test("phones stand in the order of the tour, light up, and faults opt nobody out", async () => {
  const phones = await newPage(browser);
  await phones.goto(demo.phones);
  await phones.getByRole("heading", { name: "Maria Lopez" }).waitFor();
  const names = await phones.getByRole("heading", { level: 2 }).allTextContents();
  assert.deepEqual(
    names.filter((name) => /^(Maria|Priya|Tom)/.test(name)),
    ["Maria Lopez", "Priya Nair", "Tom Becker"],
  );
  await phones.getByRole("textbox", { name: "Text message from Maria Lopez" }).fill("Hello?");
  await phones.getByRole("button", { name: "Send from Maria Lopez" }).click();
  await phones.locator(".phone.lit").waitFor();
  await phones.getByRole("button", { name: "Faults" }).click();
  await phones.getByLabel("What goes wrong").selectOption("refuse");
  assert.equal(await phones.getByLabel("Error code").inputValue(), "30007");
  assert.deepEqual(await axeFaults(phones), []);
  assert.deepEqual(phones.faults, []);
});
