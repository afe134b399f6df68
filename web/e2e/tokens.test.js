/** API tokens: a System Admin sees and ends all of them, an operator their own (M6). */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axeFaults, launch, newPage, overflows, signIn } from "./browser.js";
import { PROGRAM, startDemo } from "./demo.js";

const folder = mkdtempSync(join(tmpdir(), "backsoon-tokens-"));

let demo;
let browser;
let admin;

/** Creates a token on the server, and returns its secret. */
function create(email, name, ...more) {
  const database = ["--database-url", `sqlite:${join(folder, "backsoon.db")}`];
  const said = execFileSync(
    PROGRAM,
    ["--json", "token", "create", "--user", email, "--name", name, ...more, ...database],
    { cwd: folder, stdio: ["ignore", "pipe", "ignore"] },
  );
  return JSON.parse(said).token;
}

const status = async (token) =>
  (await fetch(`${demo.desk}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } }))
    .status;

before(async () => {
  demo = await startDemo("--data-dir", folder);
  browser = await launch();
  admin = await newPage(browser);
  await signIn(admin, demo.desk, demo.people.grace);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a System Admin sees whose each token is and when it was used, and ends one", async () => {
  await admin.getByRole("link", { name: "Settings", exact: true }).click();
  await admin.getByRole("link", { name: "API tokens" }).click();
  await admin.getByRole("heading", { level: 2, name: "No API token yet" }).waitFor();
  const report = create(demo.people.ana.email, "weekly report", "--expires-days", "30");
  const old = create(demo.people.ben.email, "old script");
  assert.equal(await status(report), 200);
  await admin.reload();
  const row = (name) => admin.getByRole("row").filter({ hasText: name });
  await row("weekly report").getByText("In the last 2 hours").waitFor();
  await row("weekly report").getByText("Ana Torres").waitFor();
  await row("old script").getByText("Not yet").waitFor();
  await row("old script").getByText("Never by itself").waitFor();
  for (const [width, height] of [
    [390, 844],
    [1280, 800],
  ]) {
    await admin.setViewportSize({ width, height });
    assert.deepEqual(await axeFaults(admin), []);
    assert.equal(await overflows(admin), false, `at ${width}`);
  }

  // By keyboard, and the focus comes back to where it was.
  const end = admin.getByRole("button", { name: "End old script" });
  await end.focus();
  await admin.keyboard.press("Enter");
  const dialog = admin.getByRole("dialog", { name: "End the API token old script?" });
  await dialog.waitFor();
  assert.deepEqual(await axeFaults(admin), []);
  await admin.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await end.and(admin.locator(":focus")).waitFor();
  await end.click();
  await dialog.getByRole("button", { name: "End the token" }).click();
  await row("old script").waitFor({ state: "detached" });
  assert.deepEqual([await status(old), await status(report)], [401, 200]);
  await admin.getByRole("link", { name: "Audit log" }).click();
  await admin
    .getByRole("table")
    .getByText(`ended the API token old script of ${demo.people.ben.email}`)
    .waitFor();
});

test("an operator sees and ends their own, from their menu", async () => {
  create(demo.people.ben.email, "another of Ben");
  const ana = await newPage(browser);
  await signIn(ana, demo.desk, demo.people.ana);
  await ana.getByRole("button", { name: /^Your menu/ }).click();
  await ana.getByRole("menuitem", { name: "API tokens" }).click();
  await ana.getByRole("row").filter({ hasText: "weekly report" }).waitFor();
  assert.equal(await ana.getByText("another of Ben").count(), 0);
  assert.deepEqual(await axeFaults(ana), []);
  await ana.getByRole("button", { name: "End weekly report" }).click();
  await ana.getByRole("dialog").getByRole("button", { name: "End the token" }).click();
  await ana.getByRole("heading", { level: 2, name: "You have no API token" }).waitFor();
  assert.deepEqual(ana.faults, []);
});

test("nothing broke in the page meanwhile", () => {
  assert.deepEqual(admin.faults, []);
});
