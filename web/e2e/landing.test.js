/** Where each role lands, by every door; and that the link in the address leads to nobody else's computer. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, signIn } from "./browser.js";
import { startDemo } from "./demo.js";

const DORA = {
  name: "Dora Klein",
  email: "dora@harbor.example",
  password: "seven quiet lanterns",
};
const SETTING = "/settings/organization/inactivity-message-reply";

let demo;
let browser;
let admin;
let doraId;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  admin = await newPage(browser);
  await signIn(admin, demo.desk, demo.people.grace);
  const added = await admin.request.post(`${demo.desk}/api/v1/users`, {
    headers: { Origin: demo.desk },
    data: { ...DORA, roles: ["system_admin"] },
  });
  assert.equal(added.status(), 201);
  doraId = (await added.json()).id;
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function lands(page, path, heading) {
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, path);
}

const INBOX = "Inbox";
const REPLY = "Inactivity Message Reply";

const DOORS = [
  // what is asked for, then where a System Admin, an operator and somebody with both roles land
  ["/sign-in", SETTING, "/", "/"],
  ["/", SETTING, "/", "/"],
  ["/sign-in?next=/settings/users", "/settings/users", "/", "/settings/users"],
  ["/sign-in?next=/profile/auto-reply", SETTING, "/profile/auto-reply", "/profile/auto-reply"],
  ["/sign-in?next=/%09/evil", SETTING, "/", "/"],
  ["/sign-in?next=/./%09/evil", SETTING, "/", "/"],
  ["/sign-in?next=//evil.example", SETTING, "/", "/"],
  ["/sign-in?next=/sign-in", SETTING, "/", "/"],
];
const HEADINGS = {
  "/": INBOX,
  [SETTING]: REPLY,
  "/settings/users": "Users",
  "/profile/auto-reply": "Auto Reply",
};

for (const [who, column] of [
  ["a System Admin", 1],
  ["an operator", 2],
  ["somebody with both roles", 3],
]) {
  test(`${who} lands on a page that they may see`, async () => {
    const person = [DORA, demo.people.ana, demo.people.grace][column - 1];
    for (const door of DOORS) {
      const page = await newPage(browser);
      await page.goto(demo.desk + door[0]);
      await page.getByLabel("E-mail").fill(person.email);
      await page.getByLabel("Password", { exact: true }).fill(person.password);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await lands(page, door[column], HEADINGS[door[column]]);
      // The same doors again, now that one is signed in.
      await page.goto(demo.desk + door[0]);
      await lands(page, door[column], HEADINGS[door[column]]);
      await page.getByRole("link", { name: "Backsoon, home" }).click();
      const home = column === 1 ? SETTING : "/";
      await lands(page, home, HEADINGS[home]);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });
}

test("whose role is changed meanwhile goes on with a page of the new one", async () => {
  const roles = async (list) => {
    const changed = await admin.request.patch(`${demo.desk}/api/v1/users/${doraId}`, {
      headers: { Origin: demo.desk },
      data: { roles: list },
    });
    assert.equal(changed.status(), 200);
  };
  const dora = await newPage(browser);
  await signIn(dora, demo.desk, DORA);
  await lands(dora, SETTING, REPLY);

  await roles(["operator"]);
  await dora.getByRole("link", { name: "Users" }).click();
  await dora.getByRole("heading", { name: "This page is for System Admins" }).waitFor();
  await dora.getByRole("link", { name: "Back to the inbox" }).click();
  await lands(dora, "/", INBOX);

  await roles(["system_admin"]);
  await dora.reload();
  await lands(dora, SETTING, REPLY);
  assert.equal(await dora.getByRole("link", { name: "Inbox" }).count(), 0);
  assert.deepEqual(dora.faults, []);
  await dora.context().close();
});

test("a session that ends is said, and one goes on where one was", async () => {
  const page = await newPage(browser);
  await signIn(page, demo.desk, demo.people.grace);
  await page.goto(`${demo.desk}/settings/users`);
  await lands(page, "/settings/users", "Users");
  await page.context().clearCookies();
  // The demo asks for the session every 15 s, so the page finds out by itself.
  await page
    .getByText("Your session ended. Sign in to go on where you were.")
    .waitFor({ timeout: 30_000 });
  await page.getByLabel("E-mail").fill(demo.people.grace.email);
  await page.getByLabel("Password", { exact: true }).fill(demo.people.grace.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await lands(page, "/settings/users", "Users");
  await page.context().close();
});
