import { describe, expect, it } from "vitest";
import type { Role } from "./api/types";
import { firstPage, nextPage, redirectOf } from "./landing";

const ORIGIN = "https://desk.example";
const SETTING = "/settings/organization/inactivity-message-reply";
const ROLES: Record<string, Role[]> = {
  operator: ["operator"],
  admin: ["system_admin"],
  both: ["operator", "system_admin"],
};

describe("every role lands on a page that it may see", () => {
  // path and search, then where an operator, a System Admin and somebody with both roles are sent on to
  const table: [string, string, string | null, string | null, string | null][] = [
    ["/", "", null, SETTING, null],
    ["/cases/7", "", null, SETTING, null],
    ["/CASES/7", "", null, SETTING, null],
    ["/sign-in", "", "/", SETTING, "/"],
    ["/sign-in/", "", "/", SETTING, "/"],
    ["/Sign-In", "", "/", SETTING, "/"],
    ["/sign-in", "?next=/", "/", SETTING, "/"],
    ["/sign-in", "?next=/cases/7", "/cases/7", SETTING, "/cases/7"],
    ["/sign-in", "?next=%2Fsettings%2Fusers", "/", "/settings/users", "/settings/users"],
    ["/sign-in", "?next=/settings", "/", SETTING, SETTING],
    [
      "/sign-in",
      "?next=/profile/auto-reply",
      "/profile/auto-reply",
      SETTING,
      "/profile/auto-reply",
    ],
    ["/sign-in", "?next=/nowhere", "/nowhere", "/nowhere", "/nowhere"],
    ["/settings", "", null, SETTING, SETTING],
    ["/settings/organization/", "", null, SETTING, SETTING],
    ["/settings/users", "", null, null, null],
    ["/profile/auto-reply", "", null, null, null],
    ["/nowhere", "", null, null, null],
  ];
  it.each(table)("%s%s", (path, search, operator, admin, both) => {
    const to = (roles: Role[]) => redirectOf(path, search, roles, ORIGIN);
    expect([to(ROLES.operator!), to(ROLES.admin!), to(ROLES.both!)]).toEqual([
      operator,
      admin,
      both,
    ]);
  });

  it.each(table)("%s%s is not sent on twice", (path, search) => {
    for (const roles of Object.values(ROLES)) {
      const url = new URL(redirectOf(path, search, roles, ORIGIN) ?? "/nowhere", ORIGIN);
      expect(redirectOf(url.pathname, url.search, roles, ORIGIN)).toBeNull();
    }
  });
});

describe("nextPage is one of this desk's own", () => {
  const table: [string, string][] = [
    ["?next=/cases/7?view=mine", "/cases/7?view=mine"],
    ["?next=/cases/7%23evil", "/cases/7"],
    ["?next=cases/7", "/cases/7"],
    ["?next=https://desk.example/cases/7", "/cases/7"],
    ["?next=/settings/../cases/7", "/cases/7"],
    ["?next=", "/"],
    ["?next=https://evil.example", "/"],
    ["?next=//evil.example", "/"],
    ["?next=///evil.example", "/"],
    ["?next=/%5Cevil.example", "/"],
    ["?next=%5C%5Cevil.example", "/"],
    ["?next=/%09/evil", "/"],
    ["?next=/%0A/evil", "/"],
    ["?next=/./%09/evil", "/"],
    ["?next=/.//evil", "/"],
    ["?next=/cases/..//evil", "/"],
    ["?next=%20//evil.example", "/"],
    ["?next=http://desk.example/cases/7", "/"],
    ["?next=https://desk.example@evil.example/", "/"],
    ["?next=https://desk.example:444/cases/7", "/"],
    ["?next=javascript:alert(1)", "/"],
    ["?next=data:text/html,x", "/"],
    ["?next=blob:https://desk.example/cases/7", "/"],
    ["?next=https://", "/"],
    ["?next=/sign-in", "/"],
    ["?next=/SIGN-IN/", "/"],
    ["?next=/sign-in?next=/sign-in", "/"],
  ];
  it.each(table)("%s", (search, page) => expect(nextPage(search, ROLES.both!, ORIGIN)).toBe(page));
});

it("somebody without a role is sent nowhere twice", () => {
  expect(firstPage([])).toBe(SETTING);
  expect(redirectOf(SETTING, "", [], ORIGIN)).toBeNull();
});
