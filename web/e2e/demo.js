/**
 * Starts `backsoon demo` for one test file, on ports of its own, and stops it at the end.
 * BACKSOON_BIN names the program; without it the development build is taken.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const PROGRAM =
  process.env.BACKSOON_BIN ??
  fileURLToPath(new URL("../../target/debug/backsoon", import.meta.url));
const START_MS = 60_000;
const STOP_MS = 10_000;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function answers(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** The demo, ready: where the desk and the phones are, and who can sign in. */
export async function startDemo() {
  const desk = `http://127.0.0.1:${await freePort()}`;
  const phones = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(
    PROGRAM,
    ["demo", "--listen", new URL(desk).host, "--carrier-listen", new URL(phones).host],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
  }
  child.on("error", (error) => {
    said += String(error);
    ended = true;
  });
  child.on("exit", () => {
    ended = true;
  });
  const until = Date.now() + START_MS;
  while (!(await answers(`${desk}/readyz`))) {
    if (ended || Date.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`The demo did not start.\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    desk,
    phones,
    /** Everything the demo printed so far. */
    said: () => said,
    async stop() {
      if (ended) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}
