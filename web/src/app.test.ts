import { describe, expect, it } from "vitest";
import { nextPage } from "./app";

describe("nextPage after signing in", () => {
  const table: [string, string][] = [
    ["", "/"],
    ["?next=/cases/7", "/cases/7"],
    ["?next=%2Fsettings%2Fusers", "/settings/users"],
    ["?next=https://evil.example", "/"],
    ["?next=//evil.example", "/"],
    ["?next=/%5Cevil.example", "/"],
    ["?next=/sign-in", "/"],
  ];
  it.each(table)("%s", (search, page) => expect(nextPage(search)).toBe(page));
});
