/** A stranger's text, with its addresses and numbers as links that open elsewhere and say nothing of this page. */
import { partsOf } from "./links";

/** Where a link leads, if it is not what is written: a host in foreign letters as the network knows it. */
function realAddress(href: string, text: string): string | undefined {
  if (!href.startsWith("http")) return undefined;
  const { host } = new URL(href);
  return text.toLowerCase().includes(host) ? undefined : `Leads to ${host}`;
}

export function Linked({ text }: { text: string }) {
  let at = 0;
  return partsOf(text).map(({ text: words, href }) => {
    const key = at;
    at += words.length;
    if (href === null) return words;
    return (
      <a
        key={key}
        href={href}
        target="_blank"
        rel="noreferrer nofollow"
        title={realAddress(href, words)}
      >
        {words}
      </a>
    );
  });
}
