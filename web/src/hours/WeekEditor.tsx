/** The week of office hours, day by day, each with its windows and a way to copy it to other days. */
import { Button, Menu, VisuallyHidden } from "@mantine/core";
import { IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import type { OpenWeek } from "../api/types";
import classes from "./Hours.module.css";
import { WindowList } from "./WindowList";
import { copyDay, DAYS, type Day, dayLabel } from "./week";

const WEEKDAYS = DAYS.slice(0, 5).map(({ key }) => key);
const ALL = DAYS.map(({ key }) => key);

interface WeekProps {
  week: OpenWeek;
  onChange: (week: OpenWeek) => void;
  /** The message at "monday", "monday[0].start". */
  errorOf: (place: string) => string | undefined;
}

function CopyMenu({ day, onCopy }: { day: Day; onCopy: (to: Day[], words: string) => void }) {
  const others = (days: Day[]) => days.filter((each) => each !== day);
  const items: [string, Day[]][] = [
    ["Monday to Friday", others(WEEKDAYS)],
    ["Every day", others(ALL)],
  ];
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          className={classes.copy}
          leftSection={<IconCopy size={14} aria-hidden />}
          aria-label={`Copy ${dayLabel(day)} to other days`}
        >
          Copy
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {items.map(([words, days]) => (
          <Menu.Item key={words} onClick={() => onCopy(days, words)}>
            {words}
          </Menu.Item>
        ))}
        <Menu.Divider />
        {others(ALL).map((each) => (
          <Menu.Item key={each} onClick={() => onCopy([each], dayLabel(each))}>
            {dayLabel(each)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function WeekEditor({ week, onChange, errorOf }: WeekProps) {
  const [said, setSaid] = useState("");
  return (
    <div className={classes.week}>
      {DAYS.map(({ key, label }) => (
        <fieldset
          key={key}
          className={classes.day}
          data-closed={week[key].length === 0 || undefined}
        >
          <legend className={classes.dayName}>{label}</legend>
          <WindowList
            name={label}
            windows={week[key]}
            onChange={(windows) => onChange({ ...week, [key]: windows })}
            errorOf={(place) => errorOf(key + place)}
            none="Closed"
          />
          <CopyMenu
            day={key}
            onCopy={(to, words) => {
              onChange(copyDay(week, key, to));
              setSaid(`${label}'s hours copied: ${words}.`);
            }}
          />
        </fieldset>
      ))}
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </div>
  );
}
