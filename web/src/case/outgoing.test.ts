import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ASK_AFTER_MS, createOutgoing, type Outcome, type Outgoing } from "./outgoing";

beforeEach(() => vi.useFakeTimers({ now: 1_800_000_000_000 }));
afterEach(() => vi.useRealTimers());

interface Message {
  key: string;
  text: string;
  caseId: string;
}

/** The same numbers for the same seed, from 0 to 1 (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const wait = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** A server that remembers keys, behind a network that loses questions and answers. */
class World {
  sent: Message[] = [];
  keys = new Map<string, Message | null>();
  online = true;
  frozen = false;
  signedIn = true;
  faulty = true;
  private thaw: (() => void)[] = [];

  constructor(readonly chance: () => number) {}

  private odds(share: number): boolean {
    return this.faulty && this.chance() < share;
  }

  freeze(frozen: boolean) {
    this.frozen = frozen;
    if (!frozen) for (const go of this.thaw.splice(0)) go();
  }

  /** What the server does with a request that reaches it, in one transaction. */
  private take({ key, text, caseId }: Outgoing): Outcome<Message> {
    if (!this.signedIn) return { kind: "signed_out" };
    if (this.odds(0.04)) return { kind: "busy", sentence: "", afterMs: 2_000, unsure: false };
    if (this.keys.has(key)) {
      const message = this.keys.get(key);
      if (message) return { kind: "taken", message };
      return { kind: "refused", sentence: "given up", certain: true };
    }
    if (this.odds(0.06)) return { kind: "refused", sentence: "refused", certain: true };
    const message = { key, text, caseId };
    this.keys.set(key, message);
    this.sent.push(message);
    if (this.odds(0.05)) return { kind: "busy", sentence: "", afterMs: 0, unsure: true };
    return { kind: "taken", message };
  }

  private async reach(isAborted: () => boolean): Promise<boolean> {
    if (!this.online || this.odds(0.08)) return false;
    await wait(this.chance() * 800);
    if (this.frozen) await new Promise<void>((done) => this.thaw.push(done));
    // What was given up may have reached the server's machine all the same.
    return !isAborted() || this.chance() < 0.5;
  }

  async post(text: Outgoing, timeoutMs: number): Promise<Outcome<Message>> {
    let aborted = false;
    const answer = (async (): Promise<Outcome<Message>> => {
      if (!(await this.reach(() => aborted))) return { kind: "unanswered" };
      const outcome = this.take(text);
      await wait(this.chance() * 800);
      return !this.online || this.odds(0.15) ? { kind: "unanswered" } : outcome;
    })();
    const late = wait(timeoutMs).then((): Outcome<Message> => ({ kind: "unanswered" }));
    const outcome = await Promise.race([answer, late]);
    aborted = true;
    return outcome;
  }

  async giveUp({ key }: Outgoing): Promise<Message | null> {
    const limit = wait(10_000).then(() => Promise.reject(new Error("too late")));
    const answer = (async () => {
      if (!(await this.reach(() => false)) || !this.signedIn) throw new Error("no answer");
      if (!this.keys.has(key)) this.keys.set(key, null);
      const message = this.keys.get(key) ?? null;
      if (this.odds(0.1)) throw new Error("lost");
      return message;
    })();
    return Promise.race([answer, limit]);
  }
}

/** One tab: a page that can be loaded anew, with what its person typed and wanted. */
class Tab {
  kept = "[]";
  drafts = new Map<string, string>();
  store!: ReturnType<typeof createOutgoing<Message>>;
  unkept = 0;
  /** When a person last wanted each text to go. */
  wanted = new Map<string, number>();
  /** What was pressed, by case, in order. */
  pressed = new Map<string, string[]>();
  /** What failed or was taken back: it may come later than what was pressed after it. */
  moved = new Set<string>();
  broken: string[] = [];
  private fresh = true;
  private page = 0;
  private keys = 0;

  constructor(
    readonly world: World,
    readonly name: string,
  ) {
    this.load();
  }

  load() {
    const page = ++this.page;
    const alive = () => page === this.page;
    this.store?.pause();
    this.unkept = 0;
    const store = createOutgoing<Message>({
      post: async (text, timeoutMs) => {
        const waitedMs = Date.now() - (this.wanted.get(text.id) ?? 0);
        if (alive() && waitedMs > ASK_AFTER_MS)
          this.broken.push(`${text.text} after ${waitedMs} ms`);
        const outcome = await this.world.post(text, timeoutMs);
        return alive() ? outcome : new Promise(() => {});
      },
      giveUp: async (text) => {
        const answer = await this.world.giveUp(text);
        return alive() ? answer : new Promise(() => {});
      },
      taken: () => {},
      // It may be an old answer: the page asks who is signed in.
      signedOut: () => setTimeout(() => alive() && this.world.signedIn && this.resume(), 50),
      save: async (texts) => {
        this.unkept += 1;
        const value = JSON.stringify(texts);
        await wait(3);
        if (!alive()) return;
        this.unkept -= 1;
        this.kept = value;
      },
      online: () => this.world.online,
      now: () => Date.now(),
      deskNow: () => Date.now() + 3_600_000,
      newKey: () => `${this.name}${page}-${++this.keys}`,
      later: (delayMs, run) => {
        const timer = setTimeout(() => alive() && run(), delayMs);
        return () => clearTimeout(timer);
      },
    });
    this.store = store;
    store.subscribe(() => {
      for (const { text, state } of store.texts()) if (state === "failed") this.moved.add(text);
    });
    this.fresh = true;
    if (this.world.signedIn) this.resume();
  }

  /** The person is signed in: what was kept is read once in the life of a page. */
  resume() {
    this.store.resume(this.fresh ? JSON.parse(this.kept) : []);
    this.fresh = false;
  }

  type(caseId: string, word: string) {
    this.drafts.set(caseId, `${this.drafts.get(caseId) ?? ""} ${word}`.trim());
  }

  press(caseId: string) {
    const text = this.drafts.get(caseId) ?? "";
    // Who has to sign in first sees no composer.
    if (text === "" || this.fresh) return;
    this.drafts.delete(caseId);
    const before = new Set(this.store.texts().map(({ id }) => id));
    const nowMs = Date.now();
    const stop = this.store.subscribe(() => {
      for (const { id } of this.store.texts()) if (!before.has(id)) this.wanted.set(id, nowMs);
    });
    this.store.press({ caseId, customer: "Maria", text });
    stop();
    this.pressed.set(caseId, [...(this.pressed.get(caseId) ?? []), text]);
  }

  retry(text: Outgoing) {
    for (const each of this.store.texts()) {
      if (each.caseId === text.caseId) this.wanted.set(each.id, Date.now());
    }
    this.store.retry(text.id);
  }

  async edit(text: Outgoing) {
    const taken = await this.store.edit(text.id);
    if (taken.kind !== "text") return;
    this.moved.add(text.text);
    this.drafts.set(text.caseId, `${taken.text} ${this.drafts.get(text.caseId) ?? ""}`.trim());
  }
}

const words = (text: string) => text.split(" ").filter((word) => word !== "");

async function story(seed: number) {
  const chance = numbers(seed);
  const world = new World(chance);
  const [first, second] = [new Tab(world, "a"), new Tab(world, "b")];
  const tabs = [first, second];
  let typed = 0;
  let [tab, current] = [first, "c1"];
  const pick = (state: Outgoing["state"]) => tab.store.texts().find((text) => text.state === state);
  for (let step = 0; step < 80; step += 1) {
    const dice = chance() * 15;
    const waiting = pick("held") ?? pick("failed") ?? pick("queued");
    if (dice < 4) tab.type(current, `w${++typed}`);
    else if (dice < 7) tab.press(current);
    else if (dice < 8) current = chance() < 0.5 ? "c1" : "c2";
    else if (dice < 8.5) tab = chance() < 0.5 ? first : second;
    else if (dice < 9.5) {
      world.online = !world.online;
      for (const each of tabs) each.store[world.online ? "hurry" : "pump"]();
    } else if (dice < 10.3) world.freeze(!world.frozen);
    else if (dice < 11 && tab.unkept === 0) {
      // The browser asks before drafts go with the page, so they stay in this story.
      tab.load();
    } else if (dice < 11.7) world.signedIn = false;
    else if (dice < 12.5) {
      world.signedIn = true;
      for (const each of tabs) each.resume();
    } else if (dice < 13.5 && waiting) tab.retry(waiting);
    else if (dice < 14.5 && waiting) void tab.edit(waiting);
    await vi.advanceTimersByTimeAsync(chance() < 0.15 ? chance() * 90_000 : chance() * 1_500);
  }
  // In the end all is well, and everything that asks is told to go.
  Object.assign(world, { online: true, signedIn: true, faulty: false });
  world.freeze(false);
  for (const each of tabs) each.resume();
  for (let round = 0; round < 15; round += 1) {
    for (const { store } of tabs) store.hurry();
    await vi.advanceTimersByTimeAsync(45_000);
    for (const each of tabs) {
      const stuck = each.store.texts().find(({ state }) => state === "held" || state === "failed");
      if (stuck) each.retry(stuck);
    }
    await vi.advanceTimersByTimeAsync(30_000);
  }
  return { world, tabs, typed };
}

/** Texts of a case that overtook an earlier one of the same page, where neither failed nor was taken back. */
function overtakes(world: World, tab: Tab): string[] {
  const wrong: string[] = [];
  for (const [caseId, pressed] of tab.pressed) {
    const order = pressed.filter((text) => !tab.moved.has(text));
    const out = world.sent.filter((one) => one.caseId === caseId && order.includes(one.text));
    for (const [at, { text }] of out.entries()) {
      if (order.filter((one) => out.some((sent) => sent.text === one))[at] !== text)
        wrong.push(text);
    }
  }
  return wrong;
}

describe("texts on their way", () => {
  it("whatever happens: one message a press, in order, nothing lost, nothing late without asking", async () => {
    let sent = 0;
    for (let seed = 1; seed <= 150; seed += 1) {
      const { world, tabs, typed } = await story(seed);
      const about = `seed ${seed}`;
      expect(
        tabs.flatMap(({ broken }) => broken),
        about,
      ).toEqual([]);
      expect(
        tabs.flatMap(({ store }) => store.texts()),
        about,
      ).toEqual([]);
      expect(
        tabs.flatMap((tab) => overtakes(world, tab)),
        about,
      ).toEqual([]);
      const out = world.sent.flatMap(({ text }) => words(text));
      const begun = tabs.flatMap(({ drafts }) => [...drafts.values()].flatMap(words));
      expect(new Set(out).size, `${about}: nothing is sent twice`).toBe(out.length);
      expect([...out, ...begun].sort(), `${about}: every word is somewhere, once`).toEqual(
        Array.from({ length: typed }, (_, index) => `w${index + 1}`).sort(),
      );
      sent += out.length;
      vi.clearAllTimers();
    }
    expect(sent).toBeGreaterThan(1_000);
  }, 60_000);
});

/** A store whose server does what a test says. */
function simple(answers: (text: Outgoing) => Promise<Outcome<Message>> | Outcome<Message>) {
  const asked: string[] = [];
  const network = { online: true };
  const given: { answer: Message | null | Error } = { answer: null };
  let keys = 0;
  const store = createOutgoing<Message>({
    post: async (text) => {
      asked.push(text.text);
      return answers(text);
    },
    giveUp: async () => {
      if (given.answer instanceof Error) throw given.answer;
      return given.answer;
    },
    taken: () => {},
    signedOut: () => {},
    save: async () => {},
    online: () => network.online,
    now: () => Date.now(),
    deskNow: () => Date.now(),
    newKey: () => `k${++keys}`,
    later: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  });
  store.resume();
  const press = (text: string, caseId = "c") => store.press({ caseId, customer: "Maria", text });
  return { store, asked, network, given, press };
}

const taken = (text: Outgoing): Outcome<Message> => ({ kind: "taken", message: text });
const states = (store: { texts: () => readonly Outgoing[] }) =>
  store.texts().map(({ text, state }) => `${text}: ${state}`);

const only = (store: { texts: () => readonly Outgoing[] }): Outgoing => {
  const [text] = store.texts();
  if (!text) throw new Error("There is no text.");
  return text;
};

describe("order", () => {
  it("the next text of a case waits for the one before; another case does not", async () => {
    const { store, asked, press } = simple(async (text) => {
      await wait(1_000);
      return taken(text);
    });
    press("one");
    press("two");
    press("elsewhere", "d");
    await vi.advanceTimersByTimeAsync(500);
    expect(asked).toEqual(["one", "elsewhere"]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(asked).toEqual(["one", "elsewhere", "two"]);
    expect(store.texts()).toEqual([]);
  });

  it("what waits for a text that is refused fails with it, and goes with it when that is tried again", async () => {
    let refuses = true;
    const { store, asked, press } = simple(async (text) => {
      await wait(10);
      return refuses ? { kind: "refused", sentence: "No.", certain: true } : taken(text);
    });
    press("one");
    press("two");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(states(store)).toEqual(["one: failed", "two: failed"]);
    expect(store.texts().map(({ withOther }) => withOther)).toEqual([false, true]);
    refuses = false;
    store.retry(only(store).id);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toEqual(["one", "one", "two"]);
  });

  it("what follows a text that is taken back for editing does not overtake it", async () => {
    const { store, network, press } = simple(taken);
    network.online = false;
    press("one");
    press("two");
    expect(await store.edit(only(store).id)).toEqual({ kind: "text", text: "one" });
    network.online = true;
    store.hurry();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(states(store)).toEqual(["two: failed"]);
  });
});

describe("without a network", () => {
  const table: [offlineMs: number, sent: boolean][] = [
    [1_000, true],
    [59_000, true],
    [60_000, true],
    [60_001, false],
    [180_000, false],
  ];
  it.each(table)("after %d ms it goes out by itself: %s", async (offlineMs, sent) => {
    const { store, asked, network, press } = simple(taken);
    network.online = false;
    press("one");
    await vi.advanceTimersByTimeAsync(offlineMs);
    network.online = true;
    store.hurry();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual(sent ? ["one"] : []);
    if (!sent) {
      expect(states(store)).toEqual(["one: held"]);
      store.retry(only(store).id);
      await vi.advanceTimersByTimeAsync(100);
      expect(asked).toEqual(["one"]);
    }
  });

  it("a page that slept, or a clock that was set back, asks", async () => {
    for (const jumpMs of [600_000, -600_000]) {
      const { store, asked, network, press } = simple(taken);
      network.online = false;
      press("one");
      vi.setSystemTime(Date.now() + jumpMs);
      network.online = true;
      store.hurry();
      await vi.advanceTimersByTimeAsync(100);
      expect(states(store)).toEqual(["one: held"]);
      expect(asked).toEqual([]);
    }
  });
});

describe("an answer that never came", () => {
  const lost: Outcome<Message> = { kind: "unanswered" };
  const found = { key: "k1", text: "one", caseId: "c" };
  const table: [what: string, answer: Message | null | Error, kind: string, left: number][] = [
    ["the server has it", found, "sent", 0],
    ["the server never got it", null, "text", 0],
    ["nobody knows", new Error("no answer"), "unknown", 1],
  ];
  it.each(table)("is settled before the text is edited: %s", async (_, answer, kind, left) => {
    const { store, given, press } = simple(() => lost);
    press("one");
    await vi.advanceTimersByTimeAsync(100);
    given.answer = answer;
    expect((await store.edit(only(store).id)).kind).toBe(kind);
    expect(store.texts()).toHaveLength(left);
  });

  it("is found out about before one is asked", async () => {
    const { store, given, press } = simple(() => lost);
    press("one");
    given.answer = found;
    await vi.advanceTimersByTimeAsync(ASK_AFTER_MS + 1_000);
    expect(store.texts()).toEqual([]);
  });

  it("keeps its key until then, and for no longer than the server remembers it", async () => {
    const keys: string[] = [];
    const { store, given, press } = simple((text) => {
      keys.push(text.key);
      return lost;
    });
    given.answer = new Error("no answer");
    press("one");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(new Set(keys).size).toBe(1);
    expect(store.mayDouble(only(store))).toBe(false);
    vi.setSystemTime(Date.now() + 20 * 3_600_000);
    expect(store.mayDouble(only(store))).toBe(true);
  });
});

describe("pressing twice", () => {
  it("a refused message is sent again once, however often it is pressed", async () => {
    const { store, asked } = simple(taken);
    const press = () => store.press({ caseId: "c", customer: "Maria", text: "one", again: "m1" });
    press();
    press();
    await vi.advanceTimersByTimeAsync(100);
    press();
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toEqual(["one"]);
    expect(store.wasSentAgain("m1")).toBe(true);
  });
});

describe("an expired session", () => {
  it("keeps the text, and goes on after signing in", async () => {
    let signedIn = false;
    const { store, asked, press } = simple((text) =>
      signedIn ? taken(text) : { kind: "signed_out" },
    );
    press("one");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked).toEqual(["one"]);
    signedIn = true;
    store.resume();
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toEqual(["one", "one"]);
    expect(store.texts()).toEqual([]);
  });

  it("leaves nothing behind for the next person", () => {
    const { store, network, press } = simple(taken);
    network.online = false;
    press("one");
    store.forget();
    expect(store.texts()).toEqual([]);
  });
});
