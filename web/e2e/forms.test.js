/** What forms do about what is wrong: said beside the field, in our own words, with the focus in sight. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFaults, launch, newPage, signIn } from "./browser.js";
import { startDemo } from "./demo.js";

let demo;
let browser;
let admin;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  admin = await newPage(browser);
  await signIn(admin, demo.desk, demo.people.grace);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const save = () => admin.getByRole("button", { name: "Save", exact: true });

/** The focused field with its message stands above the bar and in the window. */
async function inSight() {
  const places = await admin.evaluate(() => {
    const field = document.activeElement;
    const message = document.getElementById(
      (field.getAttribute("aria-describedby") ?? "").split(" ").find((id) => id.endsWith("-error")),
    );
    const bar = field.form.querySelector('button[type="submit"]').closest("[data-unsaved]");
    const box = (element) => element?.getBoundingClientRect();
    return {
      top: box(field).top,
      bottom: box(field).bottom,
      message: box(message)?.bottom ?? 0,
      bar: box(bar)?.top ?? innerHeight,
    };
  });
  assert.ok(places.top >= 0, JSON.stringify(places));
  assert.ok(Math.max(places.bottom, places.message) <= places.bar, JSON.stringify(places));
}

const SIZES = [
  [1280, 800],
  [390, 844],
  [1280, 500],
];
const WRONG = [
  {
    path: "/settings/organization/inactivity-message-reply",
    field: (page) => page.getByLabel("Quiet period"),
    value: "99999999",
    label: "Quiet period",
    words: "Whole minutes from 0 (off) to 10,080 (7 days).",
  },
  {
    path: "/settings/organization/inactivity-message-reply",
    field: (page) => page.getByLabel("Inactive for longer than"),
    value: "0",
    label: "Inactive for longer than",
    words: "Whole minutes from 1 to 10,080 (7 days).",
  },
  {
    path: "/settings/organization/data-retention",
    field: (page) => page.getByLabel("Keep events for"),
    value: "366",
    label: "Keep events for",
    words: "Whole days from 1 to 365.",
  },
  {
    path: "/settings/organization/office-hours",
    field: (page) => page.getByRole("textbox", { name: "Friday, closes" }),
    value: "25:00",
    label: "Friday, closes",
    words: "Write times from 00:00 to 24:00, such as 09:00.",
  },
];

for (const [width, height] of SIZES) {
  for (const { path, field, value, label, words } of WRONG) {
    test(`${label} = ${value}, ${width}x${height}: named in the bar, focused in sight`, async () => {
      await admin.setViewportSize({ width, height });
      await admin.goto(demo.desk + path);
      await field(admin).fill(value);
      await save().click();
      await admin.getByText(words).waitFor();
      assert.ok(await field(admin).evaluate((each) => each === document.activeElement));
      await inSight();
      await admin.getByText("1 field needs a look: ").waitFor();
      await admin.evaluate(() => document.querySelector("main").scrollTo(0, 0));
      await admin.getByRole("link", { name: label }).click();
      assert.ok(await field(admin).evaluate((each) => each === document.activeElement));
      await inSight();
      assert.equal(await admin.locator('[aria-invalid="true"]').count(), 1);
      await admin.getByRole("button", { name: "Discard changes" }).click();
      await admin.getByText("needs a look").waitFor({ state: "detached" });
    });
  }
}

test("no form leaves its words to the browser", async () => {
  await admin.setViewportSize({ width: 1280, height: 800 });
  const dialogs = [
    ["/settings/users", "Add a user", "Add", ["Enter their name.", "Enter their e-mail address."]],
    [
      "/settings/channels",
      "Add a Twilio number",
      "Add the number",
      ["Enter the number that customers text.", "Enter the account's auth token."],
    ],
    ["/", "New case", "Create the case", ["Enter the customer's phone number."]],
  ];
  for (const [path, open, send, sentences] of dialogs) {
    await admin.goto(demo.desk + path);
    await admin.getByRole("button", { name: open }).click();
    const dialog = admin.getByRole("dialog");
    await dialog.getByRole("button", { name: send, exact: true }).click();
    for (const words of sentences) await dialog.getByText(words).waitFor();
    assert.equal(
      await admin.evaluate(() => document.activeElement.getAttribute("aria-invalid")),
      "true",
    );
    const natives = await admin.locator("form:not([novalidate])").count();
    assert.equal(natives, 0, path);
    assert.deepEqual(await axeFaults(admin), []);
    await admin.keyboard.press("Escape");
  }
  await admin.goto(`${demo.desk}/settings/users`);
  await admin.getByRole("button", { name: "Add a user" }).click();
  await admin.getByRole("dialog").getByLabel("Operator").uncheck();
  await admin.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
  await admin.getByText("Choose at least one role.").waitFor();
  assert.deepEqual(admin.faults, []);
});
