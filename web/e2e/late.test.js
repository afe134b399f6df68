/** Texts that the carrier does not announce are found in its list, and the desk says so. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFaults, launch, newPage, signIn } from "./browser.js";
import { deskTime, forwardTo } from "./clock.js";
import { startDemo } from "./demo.js";
import { message, openCase, text } from "./places.js";

let demo;
let browser;
let ben;
let admin;
let phones;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  ben = await newPage(browser);
  admin = await newPage(browser);
  phones = await newPage(browser);
  await phones.goto(demo.phones);
  await signIn(ben, demo.desk, demo.people.ben);
  const people = Object.values(demo.people);
  await signIn(
    admin,
    demo.desk,
    people.find(({ roles }) => roles.includes("system_admin")),
  );
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Switches a fault of the carrier on for the next text. */
async function fault(kind) {
  const faults = phones.getByRole("button", { name: "Faults" });
  if ((await faults.getAttribute("aria-expanded")) === "false") await faults.click();
  await phones.getByLabel("What goes wrong").selectOption(kind);
  await phones.getByLabel("For how many texts").fill("1");
  await phones.getByRole("button", { name: "Turn on" }).click();
}

test("a text whose webhook is lost is found a minute later, and marked", async () => {
  await openCase(ben, "Priya Nair");
  await fault("lost_webhooks");
  await text(phones, "Priya Nair", "Did you get my order?");
  await fault("machine_made");
  await text(phones, "Priya Nair", "You have won a cruise.");
  await forwardTo(admin, (await deskTime(admin)) + 70_000);
  const order = message(ben, "Did you get my order?");
  await order.getByText("Taken in late").waitFor();
  await order.getByText(/Priya Nair sent this on .* never reached the desk/).waitFor();
  await message(ben, "You have won a cruise.")
    .getByText(/marked as automatic/)
    .waitFor();
  assert.deepEqual(await axeFaults(ben), []);
});
