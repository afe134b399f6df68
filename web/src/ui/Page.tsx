/** A page of settings: where it is, its heading, its content. */
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Page.module.css";
import { PageTitle } from "./PageTitle";

interface PageProps {
  /** The way to the page, its own name last. */
  trail: string[];
  /** What the page is for, in a sentence. */
  lead?: ReactNode;
  action?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

export function Page({ trail, lead, action, wide = false, children }: PageProps) {
  const title = trail.at(-1) ?? "";
  return (
    <div className={classes.page} data-wide={wide || undefined}>
      <nav aria-label="Breadcrumb">
        <ol className={classes.trail}>
          {trail.map((step, index) => (
            <li key={step} aria-current={index === trail.length - 1 ? "page" : undefined}>
              {step}
            </li>
          ))}
        </ol>
      </nav>
      <div className={classes.top}>
        <div>
          <PageTitle title={title} />
          {lead && (
            <Text c="dimmed" size="sm" mt={4} maw={640}>
              {lead}
            </Text>
          )}
        </div>
        {action}
      </div>
      {children}
    </div>
  );
}
