/**
 * Texts that were pressed and that the server has not answered for yet: a message from the moment of the press,
 * outside the composer.
 *
 * Held, whatever the order of pressing, typing, changing cases, losing the network, freezing, reloading, signing
 * in again and trying again:
 * - A text has one key until it is known that nothing was sent under it, so the server sends it once.
 * - Of one case's texts the next waits until the one before is answered; where that one fails, it fails with it.
 * - By itself a text is tried for [`ASK_AFTER_MS`] after a person wanted it to go. After that it asks.
 *
 * Not held: a request that the browser or the server's machine already has may still arrive later than that.
 */

/** For how long after the press (or "Send now", "Try again") a text goes out without asking. */
export const ASK_AFTER_MS = 60_000;
/** The server remembers a key for 24 h from when it was used; beyond this age the page does not rely on it. */
const KEY_GOOD_MS = 20 * 3_600_000;
/** The server itself gives a request up after 30 s. */
const ATTEMPT_MS = 35_000;
const SHORTEST_ATTEMPT_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

/** `queued`: goes by itself. `held`: asks first. `failed`: certainly not sent. */
export type OutgoingState = "queued" | "sending" | "held" | "failed";
/** What a text that is queued or held has been waiting for. */
export type Cause = "offline" | "unanswered" | "busy" | "signed_out";

export interface Outgoing {
  /** Its own for as long as it is here. */
  readonly id: string;
  /** The `Idempotency-Key`: another one only after it is certain that this one has sent nothing. */
  readonly key: string;
  readonly caseId: string;
  /** Whom it is for, as the pages name them. */
  readonly customer: string;
  readonly text: string;
  /** The message that it repeats, if it was refused by the carrier and is sent again. */
  readonly again: string | null;
  /** When it was pressed, by the desk's clock. */
  readonly pressedAtMs: number;
  /** Since when it has its key, by the desk's clock. */
  readonly keyFromMs: number;
  /** When a person last wanted it to go, by this computer's clock. */
  readonly wantedAtMs: number;
  readonly state: OutgoingState;
  readonly cause: Cause | null;
  /** What the server said about it. */
  readonly sentence: string | null;
  /** It failed because the one before it did. */
  readonly withOther: boolean;
  /** A request may have reached the server whose answer did not reach us. */
  readonly unsure: boolean;
  /** Not to be tried before, by this computer's clock. */
  readonly notBeforeMs: number;
  /** When the newest request began, by this computer's clock. */
  readonly triedAtMs: number;
  readonly tries: number;
}

/** What became of one request. */
export type Outcome<Message> =
  | { kind: "taken"; message: Message }
  /** The server read it and sends nothing. */
  | { kind: "refused"; sentence: string; certain: boolean }
  | { kind: "signed_out" }
  /** The server asks for patience; `unsure` if it may have done it all the same. */
  | { kind: "busy"; sentence: string; afterMs: number; unsure: boolean }
  | { kind: "unanswered" };

interface Parts<Message> {
  /** Asks the server to send it; gives up after so many milliseconds. */
  post: (text: Outgoing, timeoutMs: number) => Promise<Outcome<Message>>;
  /** Gives the key up: the message that it sent, or null and the certainty that it never will. Throws if unknown. */
  giveUp: (text: Outgoing) => Promise<Message | null>;
  /** The message is there: shown before the text goes from here. */
  taken: (text: Outgoing, message: Message) => void;
  signedOut: () => void;
  /** Keeps all of them over a reload; resolves once they are kept, or when that is not possible. */
  save: (texts: readonly Outgoing[]) => Promise<void>;
  online: () => boolean;
  /** This computer's clock, in milliseconds since 1970. */
  now: () => number;
  /** The desk's clock, by which the server remembers keys. */
  deskNow: () => number;
  newKey: () => string;
  /** Runs a callback later; answers how to call it off. */
  later: (delayMs: number, run: () => void) => () => void;
}

/** How an attempt to take a text back for editing ended. */
export type Taken = { kind: "text"; text: string } | { kind: "sent" } | { kind: "unknown" };

export type OutgoingStore<Message> = ReturnType<typeof createOutgoing<Message>>;

/** The texts of one person. Nothing goes out before `resume`. */
export function createOutgoing<Message>(parts: Parts<Message>) {
  let texts: readonly Outgoing[] = [];
  let active = false;
  let cancelTimer: (() => void) | null = null;
  const listeners = new Set<() => void>();
  /** Texts whose key is being given up. */
  const settling = new Set<string>();
  /** Messages that were sent again. */
  const sentAgain = new Set<string>();

  const find = (id: string) => texts.find((text) => text.id === id);

  function put(next: readonly Outgoing[]): Promise<void> {
    texts = next;
    for (const listener of listeners) listener();
    return parts.save(texts);
  }

  function change(id: string, to: Partial<Outgoing>): Promise<void> {
    return put(texts.map((text) => (text.id === id ? { ...text, ...to } : text)));
  }

  function settled(text: Outgoing, message: Message) {
    if (text.again) sentAgain.add(text.again);
    parts.taken(text, message);
    void put(texts.filter(({ id }) => id !== text.id));
  }

  /** Those of the same case after it, as they become; the others as they are. */
  function after(first: Outgoing, become: (text: Outgoing) => Outgoing): readonly Outgoing[] {
    const from = texts.findIndex(({ id }) => id === first.id);
    return texts.map((text, at) =>
      at > from && text.caseId === first.caseId ? become(text) : text,
    );
  }

  const failWith = (text: Outgoing): Outgoing =>
    text.state === "failed" ? text : { ...text, state: "failed", sentence: null, withOther: true };

  /** Starts whatever may start, and comes back when the next thing can change by time alone. */
  function pump() {
    cancelTimer?.();
    cancelTimer = null;
    if (!active) return;
    let nextMs = Number.POSITIVE_INFINITY;
    let asks = false;
    const seen = new Set<string>();
    for (const text of texts) {
      if (text.state === "failed") continue;
      const behind = seen.has(text.caseId);
      seen.add(text.caseId);
      if (text.state !== "queued" || settling.has(text.id)) continue;
      const waitedMs = parts.now() - text.wantedAtMs;
      // A clock that was set back tells nothing, so it asks.
      if (waitedMs < 0 || waitedMs > ASK_AFTER_MS) {
        asks = true;
        void change(text.id, { state: "held" });
        continue;
      }
      nextMs = Math.min(nextMs, ASK_AFTER_MS - waitedMs + 1);
      if (behind) continue;
      if (!parts.online()) {
        if (text.cause !== "offline") void change(text.id, { cause: "offline" });
        continue;
      }
      const pauseMs = text.notBeforeMs - parts.now();
      if (pauseMs > 0) nextMs = Math.min(nextMs, pauseMs);
      else void attempt(text);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) cancelTimer = parts.later(nextMs, pump);
    if (asks) settle();
  }

  async function attempt(text: Outgoing) {
    const { id } = text;
    // It is kept before it goes, so that a reload goes on with the same key.
    await change(id, {
      state: "sending",
      tries: text.tries + 1,
      triedAtMs: parts.now(),
    });
    if (!find(id)) return;
    if (!active) {
      // Signed out meanwhile: nothing has gone.
      void change(id, { state: "queued", cause: "signed_out" });
      return;
    }
    const leftMs = ASK_AFTER_MS - (parts.now() - text.wantedAtMs);
    const timeoutMs = Math.min(ATTEMPT_MS, Math.max(SHORTEST_ATTEMPT_MS, leftMs));
    const outcome = await parts.post(text, timeoutMs);
    const now = find(id);
    if (!now) return;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** text.tries, LONGEST_PAUSE_MS);
    switch (outcome.kind) {
      case "taken":
        settled(now, outcome.message);
        break;
      case "refused": {
        const unsure = outcome.certain ? false : now.unsure;
        void put(after(now, failWith));
        void change(id, { state: "failed", sentence: outcome.sentence, unsure });
        break;
      }
      case "signed_out":
        void change(id, { state: "queued", cause: "signed_out", notBeforeMs: 0 });
        active = false;
        parts.signedOut();
        break;
      case "busy":
        void change(id, {
          state: "queued",
          cause: "busy",
          sentence: outcome.sentence,
          unsure: now.unsure || outcome.unsure,
          notBeforeMs: parts.now() + Math.max(outcome.afterMs, pauseMs),
        });
        break;
      case "unanswered":
        void change(id, {
          state: "queued",
          cause: parts.online() ? "unanswered" : "offline",
          unsure: true,
          notBeforeMs: parts.now() + pauseMs,
        });
        break;
    }
    pump();
  }

  /** Finds out about the texts that ask and that may have been sent already. */
  function settle() {
    if (!active || !parts.online()) return;
    for (const text of texts) {
      if (text.state === "held" && text.unsure && isKeyGood(text)) void giveUp(text.id);
    }
  }

  /** Makes certain what became of a text whose answer was lost: it was sent, or its key never sends anything. */
  async function giveUp(id: string): Promise<"sent" | "not sent" | "unknown"> {
    const text = find(id);
    if (!text || settling.has(id)) return "unknown";
    settling.add(id);
    try {
      const message = await parts.giveUp(text);
      const now = find(id);
      if (!now) return "unknown";
      if (message) {
        settled(now, message);
        return "sent";
      }
      void change(id, { key: parts.newKey(), keyFromMs: parts.deskNow(), unsure: false });
      return "not sent";
    } catch {
      return "unknown";
    } finally {
      settling.delete(id);
      pump();
    }
  }

  function isKeyGood(text: Outgoing): boolean {
    const ageMs = parts.deskNow() - text.keyFromMs;
    return ageMs >= 0 && ageMs < KEY_GOOD_MS;
  }

  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    /** All of them, in the order in which they were pressed. */
    texts: () => texts,
    wasSentAgain: (messageId: string) => sentAgain.has(messageId),

    /** Whether trying it again can send it a second time, because the server may have forgotten its key. */
    mayDouble: (text: Outgoing) => text.unsure && !isKeyGood(text),

    /** A person presses send. With `again`, once for each message that is sent again. */
    press(what: { caseId: string; customer: string; text: string; again?: string }): void {
      const again = what.again ?? null;
      if (again && (sentAgain.has(again) || texts.some((text) => text.again === again))) return;
      const id = parts.newKey();
      void put([
        ...texts,
        {
          id,
          // The key belongs to the message: pressed in two tabs it is sent again once.
          key: again ? `again-${again}` : id,
          caseId: what.caseId,
          customer: what.customer,
          text: what.text,
          again,
          pressedAtMs: parts.deskNow(),
          keyFromMs: parts.deskNow(),
          wantedAtMs: parts.now(),
          state: "queued",
          cause: null,
          sentence: null,
          withOther: false,
          unsure: false,
          notBeforeMs: 0,
          triedAtMs: 0,
          tries: 0,
        },
      ]);
      pump();
    },

    /** A person wants a text that asks or failed to go, and with it those that waited for it. */
    retry(id: string): void {
      const wanted = find(id);
      if (!wanted || wanted.state === "sending") return;
      const anew = (text: Outgoing): Outgoing => {
        // Nothing was sent under a key that was refused; one that is too old protects from nothing.
        const fresh = (text.state === "failed" && !text.unsure) || !isKeyGood(text);
        return {
          ...text,
          ...(fresh ? { key: parts.newKey(), keyFromMs: parts.deskNow() } : {}),
          wantedAtMs: parts.now(),
          state: "queued",
          cause: null,
          sentence: null,
          withOther: false,
          notBeforeMs: 0,
          tries: 0,
        };
      };
      void put(
        after(wanted, (text) =>
          text.state === "queued" || text.state === "held" || text.withOther ? anew(text) : text,
        ).map((text) => (text.id === id ? anew(text) : text)),
      );
      pump();
    },

    /** A person takes a text back to change it: only once it is certain that it was not sent and never will be. */
    async edit(id: string): Promise<Taken> {
      const wanted = find(id);
      if (!wanted || wanted.state === "sending") return { kind: "unknown" };
      if (wanted.unsure && isKeyGood(wanted)) {
        // Held, so that it does not go out meanwhile.
        if (wanted.state === "queued") void change(id, { state: "held" });
        const known = await giveUp(id);
        if (known !== "not sent") return { kind: known };
      }
      const now = find(id);
      if (!now || now.state === "sending") return { kind: "unknown" };
      // What was to follow it does not overtake it.
      void put(after(now, failWith).filter((text) => text.id !== id));
      pump();
      return { kind: "text", text: now.text };
    },

    /** The network or the server is back: no more waiting for the next try. */
    hurry(): void {
      const waits = (text: Outgoing) =>
        text.state === "queued" && text.cause !== "busy" && text.notBeforeMs > 0;
      if (texts.some(waits)) {
        void put(texts.map((text) => (waits(text) ? { ...text, notBeforeMs: 0 } : text)));
      }
      pump();
      settle();
    },

    /** Looks again at the network and the time. */
    pump,

    /** Something was sent: perhaps one of those that ask. */
    settle,

    /** The person is signed in; `kept` are texts of theirs from before the page was loaded. */
    resume(kept: readonly Outgoing[] = []): void {
      active = true;
      const missing = kept.filter(({ id }) => !find(id));
      if (missing.length > 0) {
        const restored = missing.map(
          (text): Outgoing =>
            // Its answer went to a page that is gone.
            text.state === "sending"
              ? { ...text, state: "queued", cause: "unanswered", unsure: true, notBeforeMs: 0 }
              : text,
        );
        void put([...restored, ...texts]);
      }
      pump();
      settle();
    },

    /** The person is not known at the moment: nothing goes out. */
    pause(): void {
      active = false;
      cancelTimer?.();
      cancelTimer = null;
    },

    /** The person has left, or another one came. */
    forget(): void {
      active = false;
      cancelTimer?.();
      cancelTimer = null;
      sentAgain.clear();
      void put([]);
    },
  };
}
