/** The heading of a page: names the tab, and takes the focus when one comes from another page. */
import { Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { movedWithin } from "./navigation";

let name = "Backsoon";
let waiting = "";

function writeTitle() {
  document.title = waiting === "" ? name : `(${waiting}) ${name}`;
}

/** Names the browser's tab; null leaves that to what is inside. */
export function useTabTitle(title: string | null): void {
  useEffect(() => {
    if (title === null) return;
    name = `${title} · Backsoon`;
    writeTitle();
  }, [title]);
}

/** Says in the browser's tab how many wait, for who looks at another one; nothing if it is empty. */
export function useTabCount(count: string): void {
  useEffect(() => {
    waiting = count;
    writeTitle();
    return () => {
      waiting = "";
      writeTitle();
    };
  }, [count]);
}

/** The one heading of first order on a page. */
export function PageTitle({ children, title }: { children?: ReactNode; title: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTabTitle(title);
  useEffect(() => {
    if (movedWithin()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <Title order={1} ref={heading} tabIndex={-1}>
      {children ?? title}
    </Title>
  );
}
