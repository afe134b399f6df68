import { describe, expect, it } from "vitest";
import { deed, fieldChanges, readable } from "./audit";

describe("fieldChanges", () => {
  const table: [string, unknown, unknown, [string, string | null, string | null][]][] = [
    ["nothing", { a: 1 }, { a: 1 }, []],
    ["a number", { a: 1, b: "x" }, { a: 2, b: "x" }, [["a", "1", "2"]]],
    ["a switch", { enabled: false }, { enabled: true }, [["enabled", "off", "on"]]],
    ["a list", { roles: ["operator"] }, { roles: [] }, [["roles", "operator", "none"]]],
    ["something new", null, { name: "Ana" }, [["name", null, "Ana"]]],
    ["something gone", { name: "Ana" }, null, [["name", "Ana", null]]],
    ["not an object", "a", "b", [["", "a", "b"]]],
    ["nothing at all", null, undefined, []],
  ];
  it.each(table)("%s", (_, before, after, expected) => {
    expect(fieldChanges(before, after)).toEqual(
      expected.map(([field, from, to]) => ({ field, before: from, after: to })),
    );
  });
});

it("makes names readable", () => {
  expect(readable("user.updated")).toBe("User updated");
  expect(readable("threshold_minutes")).toBe("Threshold minutes");
});

describe("deed", () => {
  const ben = { name: "Ben", email: "b@x", roles: ["operator"], active: true };
  const number = { number: "+15550001", account_sid: "AC1", active: true };
  const reply = { enabled: true, threshold_minutes: 10, message: "a" };
  const handed = (count: number, to: string | null) => ({
    ...ben,
    active: false,
    open_cases_handed_over: { count, to },
  });
  const table: [string, unknown, unknown, string][] = [
    ["user.create", null, ben, "added Ben as an operator"],
    [
      "user.update",
      ben,
      { ...ben, roles: ["operator", "system_admin"] },
      "made Ben a System Admin",
    ],
    [
      "user.update",
      ben,
      { ...ben, roles: ["system_admin"] },
      "made Ben a System Admin and made Ben no longer an operator",
    ],
    ["user.update", ben, { ...ben, name: "Bo" }, "renamed Ben to Bo"],
    ["user.update", ben, { ...ben, email: "c@x" }, "changed the e-mail address of Ben"],
    ["user.update", ben, { ...ben, password: "replaced" }, "set a new password for Ben"],
    [
      "user.update",
      ben,
      { ...handed(2, null), active: true },
      "put 2 open cases back to unassigned",
    ],
    ["user.deactivate", ben, { ...ben, active: false }, "deactivated Ben"],
    [
      "user.deactivate",
      ben,
      handed(1, "Ana"),
      "deactivated Ben and handed 1 open case over to Ana",
    ],
    ["user.activate", ben, ben, "activated Ben"],
    ["channel.create", null, number, "added the number +15550001"],
    [
      "channel.update",
      number,
      { ...number, auth_token: "replaced" },
      "entered a new auth token for +15550001",
    ],
    [
      "channel.update",
      number,
      { ...number, assign_to: "in_turn" },
      "let texts from new customers to +15550001 go to operators in turn",
    ],
    [
      "channel.update",
      { ...number, assign_to: "in_turn" },
      { ...number, assign_to: "0198f3a0-0000-7000-8000-000000000001" },
      "let texts from new customers to +15550001 go to a named operator",
    ],
    [
      "channel.update",
      { ...number, assign_to: "in_turn" },
      { ...number, auth_token: "replaced" },
      "entered a new auth token for +15550001 and let texts from new customers to +15550001 go to nobody",
    ],
    ["channel.update", number, number, "changed the number +15550001"],
    ["channel.deactivate", number, number, "deactivated the number +15550001"],
    ["channel.test", null, { ...number, case: 7 }, "sent a test text from +15550001"],
    [
      "token.create",
      null,
      { name: "report", user: "ben@x" },
      "created the API token report of ben@x",
    ],
    ["token.revoke", { name: "report", user: null }, null, "ended the API token report"],
    [
      "inactivity_reply.update",
      reply,
      { ...reply, threshold_minutes: 15 },
      "changed the threshold from 10 to 15 min",
    ],
    [
      "inactivity_reply.update",
      reply,
      { ...reply, enabled: false, message: "b" },
      "turned the Inactivity Message Reply off and changed the text of the reply",
    ],
    ["something.new", null, {}, "something new"],
    ["something.new", null, null, "something new"],
  ];
  it.each(table)("%s %j %j", (action, before, after, words) => {
    expect(deed(action, "0198f3a0-0000-7000-8000-000000000000", before, after)).toBe(words);
  });
});
