/** Office hours as a form: the week, the dates on which something else holds, and the zone of it all. */
import type { DefaultHours } from "../api/types";
import { ExceptionsEditor } from "./ExceptionsEditor";
import { WeekEditor } from "./WeekEditor";
import { ZoneSelect } from "./ZoneSelect";

interface GridProps {
  /** The place of its headings below the one of the page or the card. */
  order: 2 | 3;
  grid: DefaultHours;
  onChange: (part: Partial<DefaultHours>) => void;
  /** The message at "time_zone", "week.monday", "exceptions[0].date". */
  errorOf: (field: string) => string | undefined;
}

export function GridFields({ order, grid, onChange, errorOf }: GridProps) {
  return (
    <>
      <ZoneSelect
        label="Time zone of the office hours"
        value={grid.time_zone}
        onChange={(time_zone) => onChange({ time_zone })}
        error={errorOf("time_zone")}
      />
      <WeekEditor
        week={grid.week}
        onChange={(week) => onChange({ week })}
        errorOf={(place) => errorOf(`week.${place}`)}
      />
      <ExceptionsEditor
        order={order}
        exceptions={grid.exceptions}
        onChange={(exceptions) => onChange({ exceptions })}
        errorOf={(field) =>
          field === "exceptions" && grid.exceptions.length > 0 ? undefined : errorOf(field)
        }
      />
    </>
  );
}
