/** Chooses a time zone by its IANA name, and shows what time it is there. */
import { Select } from "@mantine/core";
import { useDeskNow } from "../time/clock";
import { timeOfDay } from "../time/format";
import { isZone, zoneNames } from "../time/zones";

interface ZoneProps {
  label: string;
  value: string;
  onChange: (zone: string) => void;
  error?: string | undefined;
}

export function ZoneSelect({ label, value, onChange, error }: ZoneProps) {
  const now = useDeskNow(60_000);
  return (
    <Select
      label={label}
      description={
        isZone(value) ? `It is ${timeOfDay(now, undefined, value)} there now.` : undefined
      }
      searchable
      allowDeselect={false}
      limit={80}
      nothingFoundMessage="No zone of that name; try a large city"
      comboboxProps={{ withinPortal: false }}
      styles={{ wrapper: { maxWidth: 320 } }}
      data={zoneNames(value)}
      value={value}
      onChange={(zone) => zone && onChange(zone)}
      error={error}
    />
  );
}
