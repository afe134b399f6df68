/** Why an automatic reply was sent, was not, or may still be: the server's sentence, as given. */
import {
  IconCircleOff,
  IconHourglass,
  IconMessageOff,
  IconRobot,
  type TablerIcon,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Decision } from "../api/types";
import { useDeskNow } from "../time/clock";
import { countdown, keepUnits } from "../time/format";
import classes from "./CaseView.module.css";

const ICONS: Record<string, TablerIcon> = {
  sent: IconRobot,
  not_sent: IconCircleOff,
  watching: IconHourglass,
  cancelled: IconMessageOff,
};

function Due({ dueAt }: { dueAt: string }) {
  const leftMs = Date.parse(dueAt) - useDeskNow();
  return (
    <span className={classes.due}>{leftMs > 0 ? `Due in ${countdown(leftMs)}.` : "Due now."}</span>
  );
}

type Shown = Pick<Decision, "outcome" | "sentence" | "due_at">;

interface LineProps {
  decision: Shown;
  /** What can be done about it. */
  children?: ReactNode;
}

export function DecisionLine({ decision, children }: LineProps) {
  const Icon = ICONS[decision.outcome] ?? IconCircleOff;
  return (
    <div className={classes.decision} data-outcome={decision.outcome}>
      <Icon size={15} aria-hidden />
      <span>
        {keepUnits(decision.sentence)}
        {decision.outcome === "watching" && decision.due_at && (
          <>
            {" "}
            <Due dueAt={decision.due_at} />
          </>
        )}
        {children}
      </span>
    </div>
  );
}
