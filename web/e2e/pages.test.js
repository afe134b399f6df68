/** Every page, in light and dark, on a desk and on a phone: axe finds nothing, nothing sticks out. */
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

const ADMIN_PAGES = [
  "/",
  "/settings/organization/inactivity-message-reply",
  "/settings/organization/office-hours",
  "/settings/organization/coverage",
  "/settings/organization/data-retention",
  "/settings/users",
  "/settings/api-tokens",
  "/settings/channels",
  "/settings/customers",
  "/settings/audit",
  "/profile/auto-reply",
  "/no-such-page",
];
const OPERATOR_PAGES = [
  "/",
  "/profile/api-tokens",
  "/settings/organization/inactivity-message-reply",
  "/profile/auto-reply",
];

/** What to open on a page before looking at it: a dialog or a menu. */
const OPENED = [
  ["/", "a new case", (page) => page.getByRole("button", { name: "New case" }).click()],
  [
    "/settings/users",
    "a new user",
    (page) => page.getByRole("button", { name: "Add a user" }).click(),
  ],
  [
    "/settings/users",
    "a user's menu",
    (page) => page.getByRole("button", { name: "Actions for Ana Torres" }).click(),
  ],
  [
    "/settings/channels",
    "a new number",
    (page) => page.getByRole("button", { name: "Add a Twilio number" }).click(),
  ],
  [
    "/profile/auto-reply",
    "one's menu",
    (page) => page.getByRole("button", { name: /^Your menu/ }).click(),
  ],
  [
    "/profile/auto-reply",
    "all cards open, and wrong",
    async (page) => {
      await page.getByRole("switch", { name: "Use my away message" }).check();
      await page.getByRole("switch", { name: "Use my office hours" }).check();
      await page.getByRole("switch", { name: "Reply with my own text" }).check();
      await page.getByRole("textbox", { name: "Monday, closes", exact: true }).fill("6");
      await page.getByRole("button", { name: "Add a date" }).click();
      await page.getByText("Exact times").click();
      await page.getByLabel("Ends on").fill("2020-01-01");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("Choose a date.").waitFor();
    },
  ],
  [
    "/settings/organization/office-hours",
    "a day's menu",
    (page) => page.getByRole("button", { name: "Copy Monday to other days" }).click(),
  ],
  [
    "/settings/organization/coverage",
    "what can be switched off",
    (page) => page.getByRole("button", { name: "Switch off a reply of Chloe Martin" }).click(),
  ],
  [
    "/settings/organization/data-retention",
    "all of it on, and wrong",
    async (page) => {
      await page.getByRole("switch", { name: "Delete old messages" }).check();
      await page.getByRole("switch", { name: "Delete old decisions earlier" }).check();
      await page.getByRole("textbox", { name: "Keep messages for" }).fill("7");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("Whole days from 8 to 3,650").waitFor();
    },
  ],
  [
    "/settings/organization/data-retention",
    "what it deletes",
    async (page) => {
      await page.getByRole("switch", { name: "Delete old messages" }).check();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByRole("dialog", { name: "Delete what is older?" }).waitFor();
    },
  ],
  [
    "/settings/customers",
    "a customer's menu",
    (page) => page.getByRole("button", { name: "Actions for Maria Lopez" }).click(),
  ],
  [
    "/settings/customers",
    "a customer to erase",
    async (page) => {
      await page.getByRole("button", { name: "Actions for Maria Lopez" }).click();
      await page.getByRole("menuitem", { name: "Erase" }).click();
    },
  ],
  [
    "/settings/organization/inactivity-message-reply",
    "typographic characters",
    (page) => page.getByRole("textbox", { name: "Text of the reply" }).fill("I’m away — ç 😀"),
  ],
];

async function settle(page) {
  await page.locator("h1").first().waitFor();
  await page.waitForLoadState("domcontentloaded");
  // Skeletons and loaders are gone once nothing says that it is busy.
  await page.waitForFunction(
    () => !document.querySelector('[role="status"][aria-label^="Loading"], [aria-busy="true"]'),
  );
}

async function look(page, name) {
  assert.deepEqual(await axeFaults(page), [], name);
  assert.equal(await overflows(page), false, `${name} is wider than the window`);
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`${colorScheme}, ${width} px`, async (t) => {
      const options = { colorScheme, viewport: { width, height: width === 390 ? 844 : 800 } };
      const page = await newPage(browser, options);
      await page.goto(`${demo.desk}/sign-in`);
      await settle(page);
      await t.test("sign-in", () => look(page, "/sign-in"));
      await signIn(page, demo.desk, demo.people.grace);
      for (const path of ADMIN_PAGES) {
        const answer = await page.goto(demo.desk + path);
        assert.equal(answer.status(), path === "/no-such-page" ? 404 : 200, path);
        await settle(page);
        await t.test(`System Admin: ${path}`, () => look(page, path));
      }
      // The browser asks before a page with unsaved changes is left.
      page.on("dialog", (dialog) => dialog.accept());
      for (const [path, name, open] of OPENED) {
        await page.goto(demo.desk + path);
        await settle(page);
        await open(page);
        // Transitions are short, but axe would see half-faded colours.
        await page.waitForTimeout(400);
        await t.test(`${path} with ${name}`, () => look(page, name));
      }
      page.removeAllListeners("dialog");
      assert.deepEqual(page.faults, []);
      await page.context().close();

      const operator = await newPage(browser, options);
      await signIn(operator, demo.desk, demo.people.ana);
      for (const path of OPERATOR_PAGES) {
        await operator.goto(demo.desk + path);
        await settle(operator);
        await t.test(`operator: ${path}`, () => look(operator, path));
      }
      await operator.goto(demo.desk);
      await operator.getByRole("list", { name: "Cases" }).getByRole("link").first().click();
      await operator.getByRole("region", { name: "Conversation" }).waitFor();
      await settle(operator);
      await t.test("operator: a case", () => look(operator, "/cases/{id}"));
      assert.deepEqual(operator.faults, []);

      await operator.goto(demo.phones);
      await operator.getByRole("heading", { level: 1 }).waitFor();
      await t.test("the customers' phones", () => look(operator, "phones"));
      await operator.context().close();
    });
  }
}
