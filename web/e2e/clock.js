/** The demo's clock, moved by a signed-in System Admin further than the button goes. */

const HOUR_MS = 3_600_000;

/** What the desk's clock shows. */
export async function deskTime(page) {
  const now = await page.evaluate(
    async () => (await (await fetch("/api/v1/session")).json()).clock.now,
  );
  return Date.parse(now);
}

function wall(atMs, timeZone) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return format.format(atMs);
}

/** The first full hour at least an hour ahead at which a zone's wall shows this: "Friday 18:00". */
export function nextWall(fromMs, timeZone, weekday, hour) {
  const wanted = `${weekday} ${String(hour).padStart(2, "0")}:00`;
  let atMs = Math.ceil(fromMs / HOUR_MS) * HOUR_MS + HOUR_MS;
  for (let hours = 0; hours < 9 * 24; hours += 1) {
    if (wall(atMs, timeZone).replace(",", "") === wanted) return atMs;
    atMs += HOUR_MS;
  }
  throw new Error(`No ${wanted} in ${timeZone} in sight.`);
}

/** Moves the clock on to an instant. */
export async function forwardTo(page, atMs) {
  const seconds = Math.ceil((atMs - (await deskTime(page))) / 1000);
  const status = await page.evaluate(
    async (advance_seconds) =>
      (
        await fetch("/api/v1/dev/clock", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ advance_seconds }),
        })
      ).status,
    seconds,
  );
  if (status !== 200) throw new Error(`The clock did not move: ${status}`);
}
