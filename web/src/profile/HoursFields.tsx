/** An operator's office hours (R12): the text for outside them, and the hours themselves. */
import { Button, Group, Text } from "@mantine/core";
import { IconBuilding } from "@tabler/icons-react";
import { useDefaultHours } from "../api/queries";
import type { OwnOfficeHours } from "../api/types";
import { GridFields } from "../hours/GridFields";
import { weekWords } from "../hours/week";
import { ReplyEditor } from "../text/ReplyEditor";

interface HoursProps {
  hours: OwnOfficeHours;
  onChange: (part: Partial<OwnOfficeHours>) => void;
  errorOf: (field: string) => string | undefined;
  samples: Record<string, string>;
}

const EXAMPLE =
  "Hi {{ customer.first_name }}, thank you for your message. I am out of the office right now. " +
  "I will be back {{ back_at }} and text you then. {{ operator.first_name }}";

function TakeOver({ onTake }: { onTake: (hours: Partial<OwnOfficeHours>) => void }) {
  const { data } = useDefaultHours();
  if (!data) return null;
  return (
    <Group gap="xs" wrap="wrap">
      <Button
        size="compact-md"
        variant="default"
        h="auto"
        py={5}
        styles={{ label: { whiteSpace: "normal" } }}
        leftSection={<IconBuilding size={16} aria-hidden />}
        onClick={() => onTake(structuredClone(data))}
      >
        Take over the organization's hours
      </Button>
      <Text size="sm" c="dimmed">
        {weekWords(data.week)}. A copy, which is yours then.
      </Text>
    </Group>
  );
}

export function HoursFields({ hours, onChange, errorOf, samples }: HoursProps) {
  return (
    <>
      <ReplyEditor
        label="Text outside my office hours"
        value={hours.message}
        onChange={(message) => onChange({ message })}
        error={errorOf("office_hours.message")}
        samples={samples}
        example={EXAMPLE}
        required={hours.enabled}
      />
      <TakeOver onTake={onChange} />
      <GridFields
        order={3}
        grid={hours}
        onChange={onChange}
        errorOf={(field) => errorOf(`office_hours.${field}`)}
      />
    </>
  );
}
