/** The inbox and the open case: side by side where there is room, one after the other where not. */
import { Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconMessages } from "@tabler/icons-react";
import { CaseView } from "../case/CaseView";
import { useTabTitle } from "../ui/PageTitle";
import { CaseList } from "./CaseList";
import classes from "./Desk.module.css";

const WIDE = "(min-width: 48em)";

export function Desk({ caseId }: { caseId: string | null }) {
  const wide = useMediaQuery(WIDE, window.matchMedia(WIDE).matches, {
    getInitialValueInEffect: false,
  });
  useTabTitle(caseId === null ? "Inbox" : null);
  return (
    <div className={classes.desk}>
      {(wide || caseId === null) && <CaseList openId={caseId} />}
      {caseId !== null && <CaseView key={caseId} id={caseId} alone={!wide} />}
      {wide && caseId === null && (
        <div className={classes.nothing}>
          <IconMessages size={40} stroke={1.2} aria-hidden />
          <Text c="dimmed" size="sm">
            Choose a case to read the conversation.
          </Text>
        </div>
      )}
    </div>
  );
}
