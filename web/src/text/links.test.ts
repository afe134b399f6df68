import { describe, expect, it } from "vitest";
import { partsOf } from "./links";

const links = (text: string) =>
  partsOf(text)
    .filter(({ href }) => href !== null)
    .map(({ text: words, href }) => `${words} > ${href}`);

describe("partsOf", () => {
  const table: [text: string, ...links: string[]][] = [
    ["See https://example.com/a?b=c.", "https://example.com/a?b=c > https://example.com/a?b=c"],
    ["(http://example.com/x)", "http://example.com/x > http://example.com/x"],
    ["www.example.de, please", "www.example.de > https://www.example.de"],
    ["example.com/pay?id=7", "example.com/pay?id=7 > https://example.com/pay?id=7"],
    ["at example.org!", "example.org > https://example.org"],
    ["goo.gl/maps/x1", "goo.gl/maps/x1 > https://goo.gl/maps/x1"],
    ["mail jo.ann+x@example.co.uk.", "jo.ann+x@example.co.uk > mailto:jo.ann+x@example.co.uk"],
    ["mailto:a@example.com", "mailto:a@example.com > mailto:a@example.com"],
    ["call +1 (206) 555-0117 now", "+1 (206) 555-0117 > tel:+12065550117"],
    ["+442079460123", "+442079460123 > tel:+442079460123"],
    ["206-555-0117", "206-555-0117 > tel:2065550117"],
    ["(206) 555-0117.", "(206) 555-0117 > tel:2065550117"],
    ["1 206.555.0117?", "1 206.555.0117 > tel:12065550117"],
    ["020 7946 0123", "020 7946 0123 > tel:02079460123"],
    ["030/1234567", "030/1234567 > tel:0301234567"],
    [
      "a@example.com or 206 555 0117 or https://x.example.com",
      "a@example.com > mailto:a@example.com",
      "206 555 0117 > tel:2065550117",
      "https://x.example.com > https://x.example.com",
    ],
    // A number inside an address is part of the address.
    [
      "https://example.com/206-555-0117",
      "https://example.com/206-555-0117 > https://example.com/206-555-0117",
    ],
    // Not addresses.
    ["Thanks.It works. No.Problem"],
    ["e.g. 3.5 or v1.2.3 at 10.30"],
    ["javascript:alert(1) data:text/html,x file:///etc/passwd ftp://example.com //example.com"],
    ["JAVASCRIPT://example.com/%0aalert(1)"],
    ["https://exam\u200bple.com"],
    ["https://example.com/\u202egpj.exe"],
    ["https:// and http: and @ and a@b"],
    // Not phone numbers.
    ["order 2065550117, card 4111 1111 1111 1111"],
    ["2026-11-18 and 11/18/2026 and 10:30"],
    ["$1,200.50 for 3 x 400"],
    ["#206-555-01178 A206-555-0117"],
    [""],
  ];
  it.each(table)("%s", (text, ...expected) => expect(links(text)).toEqual(expected));

  it.each(table)("%s stays whole", (text) => {
    expect(
      partsOf(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  });

  it("does not show who one is at a host as if it were the host", () => {
    for (const link of links("https://bank.example@evil.example/x")) {
      expect(new URL(link.split(" > ")[1] ?? "").username).toBe("");
    }
  });

  it("takes a long text of nothing but beginnings in no time", () => {
    const started = performance.now();
    partsOf("+1 (".repeat(400) + "a@".repeat(800) + "www.".repeat(400) + "0 ".repeat(800));
    expect(performance.now() - started).toBeLessThan(500);
  });
});
