/** An operator's own inactivity reply (R13): its text, and when one counts as inactive. */
import { NumberInput, Radio, Stack } from "@mantine/core";
import { ReplyEditor } from "../text/ReplyEditor";
import type { InactivityDraft } from "./draft";

interface InactivityProps {
  inactivity: InactivityDraft;
  onChange: (part: Partial<InactivityDraft>) => void;
  errorOf: (field: string) => string | undefined;
  samples: Record<string, string>;
}

const EXAMPLE =
  "Hi {{ customer.first_name }}, this is {{ operator.first_name }}. I got your message and am " +
  "away from my desk for a moment. I'll text you back as soon as I return.";

export function InactivityFields({ inactivity, onChange, errorOf, samples }: InactivityProps) {
  return (
    <>
      <ReplyEditor
        label="Text of my reply"
        value={inactivity.message}
        onChange={(message) => onChange({ message })}
        error={errorOf("inactivity.message")}
        samples={samples}
        example={EXAMPLE}
        required={inactivity.enabled}
      />
      <Radio.Group
        label="When do I count as inactive?"
        value={inactivity.own ? "own" : "organization"}
        onChange={(value) => onChange({ own: value === "own" })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="organization" label="After my organization's threshold" />
          <Radio value="own" label="After my own threshold" />
        </Stack>
      </Radio.Group>
      {inactivity.own && (
        <NumberInput
          label="Inactive for longer than"
          suffix=" min"
          styles={{ wrapper: { maxWidth: 260 } }}
          min={1}
          max={10_080}
          clampBehavior="none"
          allowDecimal={false}
          allowNegative={false}
          value={inactivity.minutes}
          onChange={(value) => onChange({ minutes: typeof value === "number" ? value : "" })}
          error={errorOf("inactivity.threshold_minutes")}
        />
      )}
    </>
  );
}
