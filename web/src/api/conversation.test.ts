import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  begun,
  type Conversation,
  patched,
  readConversation,
  readOlder,
  withOlder,
} from "./conversation";
import { keys, queryClient } from "./queries";
import type { Decision, Message, MessagePage } from "./types";

const message = (id: string, body = id) => ({ id, body, direction: "inbound" }) as Message;
const decision = (id: string, sentence: string) => ({ message_id: id, sentence }) as Decision;

/** "c b a": ids, newest first; "b=new words" is a changed one; decisions likewise. */
function page(items: string, decisions = "", rest: Partial<MessagePage> = {}): MessagePage {
  const pairs = (text: string) =>
    text === "" ? [] : text.split(" ").map((part) => part.split("=") as [string, string?]);
  return {
    items: pairs(items).map(([id, body]) => message(id, body)),
    decisions: pairs(decisions).map(([id, sentence = id]) => decision(id, sentence)),
    deleted: { earlier_messages: false } as MessagePage["deleted"],
    next_cursor: null,
    position: "p1",
    reset: false,
    ...rest,
  };
}

const shown = ({ messages, decisions }: Conversation) =>
  messages.map(({ id, body }) => `${id}:${body}:${decisions.get(id)?.sentence ?? ""}`).join(" ");

describe("a conversation", () => {
  const start = begun(page("c b", "c b", { next_cursor: "older" }));

  it("begins with the newest, oldest first", () => {
    expect(shown(start)).toBe("b:b:b c:c:c");
    expect([start.olderCursor, start.position]).toEqual(["older", "p1"]);
  });

  const table: [what: string, changes: MessagePage, shown: string][] = [
    ["nothing", page(""), "b:b:b c:c:c"],
    ["new ones", page("e d", "d"), "b:b:b c:c:c d:d:d e:e:"],
    ["a changed one", page("b=new"), "b:new:b c:c:c"],
    ["a decision that changed alone", page("", "b=ended"), "b:b:ended c:c:c"],
    ["new and changed", page("d c=now", "c=ended"), "b:b:b c:now:ended d:d:"],
    ["one that was never read", page("a=old"), "b:b:b c:c:c"],
    ["one that is older than the newest", page("bb"), "b:b:b bb:bb: c:c:c"],
  ];
  it.each(table)("is patched with %s", (_, changes, expected) => {
    const now = patched(start, { ...changes, position: "p2" });
    expect(shown(now)).toBe(expected);
    expect([now.olderCursor, now.position]).toEqual(["older", "p2"]);
  });

  it("keeps what did not change, so that it is not drawn again", () => {
    expect(patched(start, page("d")).messages[0]).toBe(start.messages[0]);
  });

  it("gets its older messages in front, and what is known already wins", () => {
    const older = page("b=stale a", "b=stale a", { position: "p0" });
    const now = withOlder(start, { ...older, deleted: { earlier_messages: true } as never });
    expect(shown(now)).toBe("a:a:a b:b:b c:c:c");
    expect([now.olderCursor, now.position, now.deleted.earlier_messages]).toEqual([
      null,
      "p1",
      true,
    ]);
  });
});

describe("reading", () => {
  const asked: string[] = [];
  let answers: MessagePage[] = [];
  beforeEach(() => {
    asked.length = 0;
    vi.stubGlobal("fetch", async (request: Request) => {
      asked.push(new URL(request.url).search);
      return Response.json(answers.shift());
    });
  });
  afterEach(() => {
    queryClient.clear();
    vi.unstubAllGlobals();
  });
  const put = (conversation: Conversation) =>
    queryClient.setQueryData(keys.messages("x"), conversation);

  it("asks for the newest once, then only for what changed", async () => {
    answers = [page("b a"), page("c", "", { position: "p2" })];
    put(await readConversation("x"));
    expect(shown(await readConversation("x"))).toBe("a:a: b:b: c:c:");
    expect(asked).toEqual([
      "?order=newest&limit=50&decisions=true",
      "?since=p1&limit=200&decisions=true",
    ]);
  });

  it("reads anew where the changes cannot be told any more", async () => {
    put(begun(page("b a")));
    answers = [page("z", "", { reset: true }), page("z y", "", { next_cursor: "more" })];
    const now = await readConversation("x");
    expect([shown(now), now.olderCursor]).toEqual(["y:y: z:z:", "more"]);
  });

  it("loses nothing that was put in while it asked", async () => {
    put(begun(page("a")));
    answers = [page("", "", { position: "p2" })];
    const reading = readConversation("x");
    put({ ...begun(page("b a")), position: "p1" });
    expect(shown(await reading)).toBe("a:a: b:b:");
  });

  it("puts an older page in front once, also if it was asked for twice", async () => {
    put(begun(page("c", "", { next_cursor: "k" })));
    answers = [page("b"), page("b")];
    await Promise.all([readOlder("x", () => {}), readOlder("x", () => {})]);
    await readOlder("x", () => {});
    const now = queryClient.getQueryData<Conversation>(keys.messages("x"));
    expect(now && shown(now)).toBe("b:b: c:c:");
    expect(asked).toHaveLength(2);
  });
});
