/**
 * The mark behind which an ordinary decision stays: its name is the sentence, and pointing at it, tabbing to it or
 * tapping it shows the sentence with the facts.
 */
import { Popover } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { Decision } from "../api/types";
import { fullTime, keepUnits } from "../time/format";
import classes from "./CaseView.module.css";

/** Time to move the pointer from the mark to what it opened (WCAG 1.4.13). */
const LINGER_MS = 150;

interface KnownFacts {
  operator?: {
    name?: string;
    last_active_at?: string;
    personal_inactivity?: { threshold_minutes?: number | null } | null;
  } | null;
  setting?: { threshold_minutes?: number };
}

/** What the decision looked at, as lines to read. */
export function factLines(decision: Pick<Decision, "decided_at" | "rule" | "facts">): string[] {
  const { operator, setting } = decision.facts as KnownFacts;
  const lines = [`Decided ${fullTime(Date.parse(decision.decided_at))}, by rule ${decision.rule}`];
  if (operator?.name && operator.last_active_at) {
    lines.push(`${operator.name} was last active ${fullTime(Date.parse(operator.last_active_at))}`);
  }
  const minutes = operator?.personal_inactivity?.threshold_minutes ?? setting?.threshold_minutes;
  if (operator && minutes != null) lines.push(`Threshold ${minutes} min`);
  return lines.map(keepUnits);
}

export function Why({ decision }: { decision: Decision }) {
  const [opened, setOpened] = useState(false);
  const closing = useRef<number>(undefined);
  const stay = () => window.clearTimeout(closing.current);
  const open = () => {
    stay();
    setOpened(true);
  };
  const close = () => {
    stay();
    closing.current = window.setTimeout(() => setOpened(false), LINGER_MS);
  };
  useEffect(() => () => window.clearTimeout(closing.current), []);

  return (
    <span className={classes.whyBox}>
      <button
        type="button"
        className={classes.why}
        onMouseEnter={open}
        onMouseLeave={close}
        onFocus={open}
        onBlur={close}
        onClick={open}
        onKeyDown={(event) => {
          if (event.key === "Escape" && opened) {
            event.stopPropagation();
            setOpened(false);
          }
        }}
      >
        <IconInfoCircle size={15} aria-hidden />
        <span className={classes.whySentence}>{decision.sentence}</span>
      </button>
      {/* There are as many as messages, so what is not open is not even made. */}
      {opened && (
        <Popover opened onChange={setOpened} position="bottom-start" shadow="md" withRoles={false}>
          <Popover.Target>
            <span className={classes.whyPlace} />
          </Popover.Target>
          <Popover.Dropdown className={classes.whyFacts} onMouseEnter={stay} onMouseLeave={close}>
            <div role="status">
              <p>{keepUnits(decision.sentence)}</p>
              {factLines(decision).map((line) => (
                <p key={line} className={classes.whyFact}>
                  {line}
                </p>
              ))}
            </div>
          </Popover.Dropdown>
        </Popover>
      )}
    </span>
  );
}
