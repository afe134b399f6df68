/**
 * Addresses, mail addresses and phone numbers in the texts of strangers. What a link leads to is always what is
 * written: nothing is shortened, nothing is fetched, and nothing but the web, mail and the phone is opened. Pure.
 */
import { LinkifyIt } from "linkify-it";

/** A stretch of a text; with an address if it is a link. */
export interface Part {
  text: string;
  href: string | null;
}

const ADDRESSES = new LinkifyIt({ fuzzyLink: true, fuzzyEmail: true })
  .add("ftp:", null)
  .add("//", null);

/** Invisible characters and those that turn the direction: an address that contains one is not what it looks like. */
const UNSEEN = /[\p{Cc}\p{Cf}]/u;

/**
 * Phone numbers as people write them: with a plus and the country code; ten digits in the groups of North America;
 * and national ones that begin with 0 and stand in groups. A row of digits alone is an order or an account.
 */
const PHONES =
  /(?<![\p{L}\p{N}+@#_/.-])(?:\+[1-9](?:[ \u00a0.()/-]{0,2}\d){6,14}|(?:1[ \u00a0.-])?(?:\(\d{3}\)[ \u00a0]?|\d{3}[ \u00a0.-])\d{3}[ \u00a0.-]\d{4}|\(?0\d{1,5}\)?(?:[ \u00a0/-]{1,2}\d{2,8}){1,4})(?![\p{L}\p{N}@_/-]|[.,:]\d)/gu;

interface Found {
  start: number;
  end: number;
  href: string;
}

/** Whether somebody who wrote a name without "https://" meant an address: "Thanks.It works" is none. */
function isMeant(address: string): boolean {
  if (/^www\./i.test(address) || address.includes("/")) return true;
  const ending = address.split(".").at(-1) ?? "";
  return ending.length > 2 && ending === ending.toLowerCase();
}

function addresses(text: string): Found[] {
  const found: Found[] = [];
  for (const { schema, index, lastIndex, raw, url } of ADDRESSES.match(text) ?? []) {
    if (UNSEEN.test(raw) || (schema === "" && !isMeant(raw))) continue;
    const href = schema === "" ? url.replace(/^http:/, "https:") : url;
    if (!/^(https?|mailto):/i.test(href) || !URL.canParse(href)) continue;
    found.push({ start: index, end: lastIndex, href });
  }
  return found;
}

function phones(text: string): Found[] {
  const found: Found[] = [];
  for (const { 0: raw, index } of text.matchAll(PHONES)) {
    const digits = raw.replace(/[^+\d]/g, "");
    const count = digits.replace("+", "").length;
    if (count < 8 || count > 15) continue;
    found.push({ start: index, end: index + raw.length, href: `tel:${digits}` });
  }
  return found;
}

/** A text in stretches, in their order: together they are the text. */
export function partsOf(text: string): Part[] {
  const links = addresses(text);
  for (const phone of phones(text)) {
    if (links.every(({ start, end }) => phone.end <= start || phone.start >= end)) {
      links.push(phone);
    }
  }
  links.sort((one, other) => one.start - other.start);
  const parts: Part[] = [];
  let at = 0;
  for (const { start, end, href } of links) {
    if (start > at) parts.push({ text: text.slice(at, start), href: null });
    parts.push({ text: text.slice(start, end), href });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at), href: null });
  return parts;
}
