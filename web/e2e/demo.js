/**
 * Starts `backsoon demo` for one test file, on ports that are free, and stops it at the end.
 * BACKSOON_BIN names the program; without it the development build is taken.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The program. */
export const PROGRAM =
  process.env.BACKSOON_BIN ??
  fileURLToPath(new URL("../../target/debug/backsoon", import.meta.url));
const START_MS = 90_000;
const STOP_MS = 10_000;
const ANY_PORT = "127.0.0.1:0";

/** The first line that the demo prints once it is up; an error with all it said if it does not come. */
async function firstLine(child) {
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, "line").then(([text]) => text),
    once(child, "exit").then(() => null),
    once(child, "error").then(([error]) => {
      said += String(error);
      return null;
    }),
    new Promise((resolve) => setTimeout(resolve, START_MS, null).unref()),
  ]);
  if (line !== null) return line;
  child.kill("SIGKILL");
  throw new Error(`The demo did not start.\n${said}`);
}

/** The demo, ready: where the desk and the phones are, and who can sign in, by first name. */
export async function startDemo(...more) {
  const child = spawn(
    PROGRAM,
    ["--json", "demo", "--listen", ANY_PORT, "--carrier-listen", ANY_PORT, ...more],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const { desk_url: desk, carrier_url: phones, users } = JSON.parse(await firstLine(child));
  const people = Object.fromEntries(
    users.map((user) => [user.name.split(" ")[0].toLowerCase(), user]),
  );
  return {
    desk,
    phones,
    people,
    /** Stops the program where it stands, as a machine that hangs would, until `resume`. */
    freeze: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}
