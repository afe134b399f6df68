#!/usr/bin/env node
// Checks the sandbox carrier, and a desk's webhook, against Twilio's official Node.js library: what it can create,
// fetch and list, and what its signer signs, is what the product may rely on. The Python check beside it goes
// deeper; this one holds that a second official client sees the same carrier. Prints one line for each check, then
// "N passed, N failed"; exits with 1 if any failed.
//
//     check.mjs --sandbox http://127.0.0.1:8081 --desk http://127.0.0.1:8080
//               --account-sid AC... --auth-token T --number +1...
//
// Carrier and desk must know the account and the number; the desk's address is its public one, exactly as
// configured there.

import { randomBytes, randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import twilio from "twilio";
import webhooks from "twilio/lib/webhooks/webhooks.js";

const WEBHOOK_PATH = "/webhooks/twilio/messages";
const ANSWER_TIMEOUT_MS = 30_000;

let passed = 0;
let failed = 0;

/** Counts and prints one check. */
function check(name, holds, seen) {
  if (holds) {
    passed += 1;
    console.log(`ok      ${name}`);
  } else {
    failed += 1;
    console.log(`FAILED  ${name}: ${JSON.stringify(seen)}`);
  }
}

/** A phone that nobody has used before. */
const freshPhone = () => `+1555${randomInt(1_000_000, 10_000_000)}`;

const freshSid = () => `SM${randomBytes(16).toString("hex")}`;

/** An official client that talks to the sandbox. */
function connect(args, token = args["auth-token"]) {
  const client = twilio(args["account-sid"], token);
  client.api.baseUrl = args.sandbox;
  return client;
}

/** Create, fetch and list. */
async function checkMessages(args) {
  const client = connect(args);
  const phone = freshPhone();
  const from = args.number;
  const made = await client.messages.create({ to: phone, from, body: "Grüße 👋" });
  check("create answers with a message", /^SM[0-9a-f]{32}$/.test(made.sid), made.sid);
  check("a new message is queued", made.status === "queued", made.status);
  check("the text is unchanged", made.body === "Grüße 👋", made.body);
  check("segments are counted", made.numSegments === "1", made.numSegments);
  check("the creation date is read", made.dateCreated?.getTime() > 0, made.dateCreated);
  check("a message without trouble has no error", made.errorCode === null, made.errorCode);

  const fetched = await client.messages(made.sid).fetch();
  check("fetch finds it", fetched.sid === made.sid && fetched.to === phone, fetched);
  const own = await fetched.fetch();
  check("fetch by the resource's own way", own.sid === made.sid, own.sid);
  const account = await client.api.accounts(args["account-sid"]).fetch();
  check("the account is active", account.status === "active", account.status);

  const sids = [made.sid];
  for (const body of ["No 1", "No 2", "No 3", "No 4"]) {
    sids.unshift((await client.messages.create({ to: phone, from, body })).sid);
  }
  const table = [
    ["list by recipient, newest first", { to: phone }, sids],
    ["list by sender and recipient", { to: phone, from }, sids],
    ["list of another sender is empty", { to: phone, from: "+15550000000" }, []],
    ["list pages through everything", { to: phone, pageSize: 2 }, sids],
    ["list stops at a limit", { to: phone, limit: 3, pageSize: 2 }, sids.slice(0, 3)],
  ];
  for (const [name, filters, expected] of table) {
    const seen = (await client.messages.list(filters)).map((message) => message.sid);
    check(name, seen.join() === expected.join(), seen);
  }
}

/** Refusals surface as the library's exception, with Twilio's code. */
async function checkErrors(args) {
  const client = connect(args);
  const message = { to: freshPhone(), from: args.number, body: "Hi" };
  const table = [
    [
      "an invalid recipient",
      400,
      21211,
      () => client.messages.create({ ...message, to: "nobody" }),
    ],
    [
      "a sender that is not ours",
      400,
      21659,
      () => client.messages.create({ ...message, from: "+15550000000" }),
    ],
    ["a wrong token", 401, 20003, () => connect(args, "wrong").messages.create(message)],
    ["an unknown message", 404, 20404, () => client.messages(`SM${"0".repeat(32)}`).fetch()],
  ];
  for (const [name, status, code, act] of table) {
    const error = await act().then(
      () => null,
      (error) => error,
    );
    const holds =
      error instanceof twilio.RestException && error.status === status && error.code === code;
    check(
      `${name} is refused with ${code}`,
      holds && error.message !== "",
      error && [error.status, error.code],
    );
  }
}

/** The desk takes what the library signs, and nothing else. */
async function checkDesk(args) {
  const url = args.desk + WEBHOOK_PATH;
  const params = {
    MessageSid: freshSid(),
    AccountSid: args["account-sid"],
    From: freshPhone(),
    To: args.number,
    Body: "Grüße & a+b=c 100 % 👋  ",
    NumMedia: "0",
    NumSegments: "1",
    AParameterFromTheFuture: "1",
  };
  const sign = (token) => webhooks.getExpectedTwilioSignature(token, url, params);
  const signature = sign(args["auth-token"]);
  const taken = await post(url, params, signature);
  check("the desk takes a text that the library signed", taken.status === 200, taken.status);
  const type = taken.headers.get("content-type") ?? "";
  check("the desk answers with text/xml", type.startsWith("text/xml"), type);

  for (const [name, form, given] of [
    ["a signature with another token", params, sign("not the token")],
    ["a text changed after signing", { ...params, Body: "Something else" }, signature],
    ["a text without a signature", { ...params, MessageSid: freshSid() }, null],
  ]) {
    const refused = await post(url, form, given);
    check(`the desk refuses ${name}`, refused.status === 403, refused.status);
  }
}

/** Posts a form. */
async function post(url, params, signature) {
  const headers = signature === null ? {} : { "X-Twilio-Signature": signature };
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  return await fetch(url, { method: "POST", headers, body: new URLSearchParams(params), signal });
}

const names = ["sandbox", "desk", "account-sid", "auth-token", "number"];
const { values } = parseArgs({
  options: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
});
const missing = names.filter((name) => !values[name]);
if (missing.length > 0) {
  console.error(`give ${missing.map((name) => `--${name}`).join(", ")}`);
  process.exit(2);
}
const args = {
  ...values,
  sandbox: values.sandbox.replace(/\/+$/, ""),
  desk: values.desk.replace(/\/+$/, ""),
};
for (const checks of [checkMessages, checkErrors, checkDesk]) {
  try {
    await checks(args);
  } catch (error) {
    // Checks that cannot go on have failed, and the others' results still count.
    check(`${checks.name} runs to its end`, false, String(error));
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
