import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keeperOf } from "./keeping";

const ANA = btoa("a".repeat(32));
const BEN = btoa("b".repeat(32));
const TEXTS = [{ text: "The code is 9921" }];

/** Locks of pages: held until the page goes. */
const held = new Set<string>();
const locks = {
  request: (name: string, _: unknown, run: () => unknown) => {
    if (held.has(name)) return Promise.reject(new DOMException("", "AbortError"));
    held.add(name);
    return Promise.resolve(run());
  },
};

beforeEach(() => {
  window.sessionStorage.clear();
  held.clear();
  vi.stubGlobal("navigator", { ...window.navigator, locks });
});
afterEach(() => vi.unstubAllGlobals());

const stored = () => Object.values(window.sessionStorage).join();

describe("what is kept over a reload (V14.3.3)", () => {
  it("is found again by the same person, and is not to be read in the storage", async () => {
    const keeper = keeperOf("ana", ANA);
    expect(await keeper.load()).toBeNull();
    expect(await keeper.save(TEXTS)).toBe(true);
    expect(stored()).not.toMatch(/9921|ana/);
    held.clear();
    expect(await keeperOf("ana", ANA).load()).toEqual(TEXTS);
  });

  const others: [who: string, id: string, key: string][] = [
    ["another person", "ben", BEN],
    ["another person who has the first one's key", "ben", ANA],
    ["the same name with another key", "ana", BEN],
    ["a key that is none", "ana", btoa("short")],
  ];
  it.each(others)("is nothing for %s", async (_, id, key) => {
    const keeper = keeperOf("ana", ANA);
    await keeper.load();
    await keeper.save(TEXTS);
    held.clear();
    expect(await keeperOf(id, key).load()).toBeNull();
  });

  it("is in one hand: a duplicated tab gets nothing while the first one lives", async () => {
    const keeper = keeperOf("ana", ANA);
    await keeper.load();
    await keeper.save(TEXTS);
    const copy = keeperOf("ana", ANA);
    expect(await copy.load()).toBeNull();
    expect(await copy.save([])).toBe(true);
  });

  it("is erased when the person leaves, also what was just being written", async () => {
    const keeper = keeperOf("ana", ANA);
    await keeper.load();
    await keeper.save(TEXTS);
    const late = keeper.save(TEXTS);
    keeper.end();
    expect(await late).toBe(false);
    expect(window.sessionStorage.length).toBe(0);
  });

  it("damaged is nothing", async () => {
    for (const damaged of ["", "x", "AAAA", btoa("x".repeat(60))]) {
      window.sessionStorage.setItem("backsoon.outgoing", damaged);
      expect(await keeperOf("ana", ANA).load()).toBeNull();
    }
  });

  it("is nothing where the browser cannot encrypt or lock, and that is said", async () => {
    vi.stubGlobal("navigator", { ...window.navigator, locks: undefined });
    const keeper = keeperOf("ana", ANA);
    expect(await keeper.load()).toBeNull();
    expect(await keeper.save(TEXTS)).toBe(false);
    expect(window.sessionStorage.length).toBe(0);
  });
});
