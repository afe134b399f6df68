import { QueryObserver } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { DeskQueryClient } from "./deskQueryClient";

/** A server whose answers say how often something had changed when they were asked for, and come when told. */
function slowServer() {
  let changes = 0;
  const waiting: (() => void)[] = [];
  return {
    change: () => {
      changes += 1;
    },
    ask: () => {
      const said = changes;
      return new Promise<number>((answer) => waiting.push(() => answer(said)));
    },
    asked: () => waiting.length,
    answer: (index: number) => waiting[index]!(),
  };
}

it.each([
  ["the first answer is on its way", 0],
  ["another answer is on its way", 1],
])("what changes while %s is shown", async (_, before) => {
  const server = slowServer();
  const client = new DeskQueryClient({ defaultOptions: { queries: { retry: false } } });
  const observer = new QueryObserver(client, { queryKey: ["case", "1"], queryFn: server.ask });
  const end = observer.subscribe(() => {});
  if (before > 0) {
    server.answer(0);
    await expect.poll(() => observer.getCurrentResult().data).toBe(0);
    void client.invalidateQueries({ queryKey: ["case"] });
    await expect.poll(server.asked).toBe(2);
  }
  // The server has read what it is about to say; then something changes, and the page is told.
  server.change();
  const told = client.invalidateQueries({ queryKey: ["case"] });
  server.answer(before);
  await expect.poll(server.asked).toBe(before + 2);
  server.answer(before + 1);
  await told;
  expect(observer.getCurrentResult().data).toBe(1);
  end();
});
