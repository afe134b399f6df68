/**
 * Keeps texts that are not sent yet over a reload of the page: in this tab's session storage, encrypted with a key
 * that the server tells to their author alone (decision 0027). Without that key, so after signing out and for the
 * next person at the computer, what is kept cannot be read.
 */

const PLACE = "backsoon.outgoing";
const IV_BYTES = 12;
const CLAIM_MS = 2_000;

const toBytes = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Takes away whatever is kept in this tab. */
export function eraseKept(): void {
  try {
    window.sessionStorage.removeItem(PLACE);
  } catch {
    // Where there is no storage, nothing is kept.
  }
}

export interface Keeper {
  /** Keeps a value instead of the one before; false if that is not possible here. Calls take turns. */
  save: (value: unknown) => Promise<boolean>;
  /**
   * What was kept by this person in this tab; null if there is nothing, or nothing of theirs. A tab that was
   * duplicated gets nothing while the first one lives: no text is in two hands.
   */
  load: () => Promise<unknown>;
  /** Erases what is kept, and keeps nothing any more. */
  end: () => void;
}

/** Whether this page is the only one that has these texts; it stays so until the page goes. */
function claim(tab: string): Promise<boolean> {
  return new Promise((done) => {
    // The page before a reload may take a moment to let go.
    navigator.locks
      .request(`${PLACE}.${tab}`, { signal: AbortSignal.timeout(CLAIM_MS) }, () => {
        done(true);
        return new Promise<never>(() => {});
      })
      .catch(() => done(false));
  });
}

interface Kept {
  tab: string;
  value: unknown;
}

/** What one person keeps in this tab. */
export function keeperOf(userId: string, browserKey: string): Keeper {
  // Browsers have it on https and on the computer itself only.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  const additionalData = new TextEncoder().encode(userId);
  const key = subtle
    ?.importKey("raw", toBytes(browserKey), "AES-GCM", false, ["encrypt", "decrypt"])
    .catch(() => null);
  let turn: Promise<unknown> = Promise.resolve();
  let tab: string | null = null;
  let ended = false;

  async function read(): Promise<Kept | null> {
    const cipher = await key;
    const kept = window.sessionStorage.getItem(PLACE);
    if (!subtle || !cipher || kept === null) return null;
    const all = toBytes(kept);
    const sealing = { name: "AES-GCM", iv: all.slice(0, IV_BYTES), additionalData };
    const plain = await subtle.decrypt(sealing, cipher, all.slice(IV_BYTES));
    return JSON.parse(new TextDecoder().decode(plain)) as Kept;
  }

  async function write(value: unknown): Promise<boolean> {
    try {
      const cipher = await key;
      if (!subtle || !cipher || tab === null) return false;
      const sealing = {
        name: "AES-GCM",
        iv: crypto.getRandomValues(new Uint8Array(IV_BYTES)),
        additionalData,
      };
      const plain = new TextEncoder().encode(JSON.stringify({ tab, value } satisfies Kept));
      const sealed = new Uint8Array(await subtle.encrypt(sealing, cipher, plain));
      if (ended) return false;
      const all = new Uint8Array(IV_BYTES + sealed.length);
      all.set(sealing.iv);
      all.set(sealed, IV_BYTES);
      window.sessionStorage.setItem(PLACE, toBase64(all));
      return true;
    } catch {
      // Full, or switched off.
      return false;
    }
  }

  return {
    save(value) {
      const written = turn.then(() => write(value));
      turn = written;
      return written;
    },
    async load() {
      // What is somebody else's or damaged is nothing.
      const kept = await read().catch(() => null);
      try {
        if (kept && (await claim(kept.tab))) {
          tab = kept.tab;
          return kept.value;
        }
        const fresh = toBase64(crypto.getRandomValues(new Uint8Array(IV_BYTES)));
        if (await claim(fresh)) tab = fresh;
      } catch {
        // Without locks nothing is kept, because it could be in two hands.
      }
      return null;
    },
    end() {
      ended = true;
      eraseKept();
    },
  };
}
