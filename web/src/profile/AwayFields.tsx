/** The away message (R11): what it is about, its text, and from when until when. */
import { Radio, SegmentedControl, Text, TextInput } from "@mantine/core";
import { TimeField } from "../hours/TimeField";
import { ZoneSelect } from "../hours/ZoneSelect";
import { ReplyEditor } from "../text/ReplyEditor";
import type { AwayDraft } from "./draft";
import classes from "./Profile.module.css";

interface AwayProps {
  away: AwayDraft;
  onChange: (part: Partial<AwayDraft>) => void;
  errorOf: (field: string) => string | undefined;
  samples: Record<string, string>;
}

const EXAMPLE =
  "Hi {{ customer.first_name }}, thank you for your message. I am away at the moment. " +
  "I will be back {{ back_at }}. {{ operator.first_name }}";

interface MomentProps {
  name: string;
  dateLabel: string;
  date: string;
  time: string | null;
  onDate: (date: string) => void;
  onTime: (time: string) => void;
  error: string | undefined;
}

function Moment({ name, dateLabel, date, time, onDate, onTime, error }: MomentProps) {
  return (
    <div className={classes.moment}>
      <TextInput
        type="date"
        label={dateLabel}
        value={date}
        onChange={(event) => onDate(event.currentTarget.value)}
        error={error}
      />
      {time !== null && (
        <TimeField
          label={`${name} at`}
          placeholder="09:00"
          className={classes.time}
          value={time}
          error={Boolean(error)}
          onChange={onTime}
        />
      )}
    </div>
  );
}

export function AwayFields({ away, onChange, errorOf, samples }: AwayProps) {
  const { wholeDays } = away;
  return (
    <>
      <TextInput
        label="What it is about"
        description="For you and your colleagues, not for customers."
        placeholder="Vacation"
        maxLength={100}
        autoComplete="off"
        value={away.title}
        onChange={(event) => onChange({ title: event.currentTarget.value })}
        error={errorOf("away.title")}
      />
      <ReplyEditor
        label="Text of my away message"
        value={away.message}
        onChange={(message) => onChange({ message })}
        error={errorOf("away.message")}
        samples={samples}
        example={EXAMPLE}
        required={away.enabled}
      />
      <div>
        <Text component="h3" size="sm" fw={600} mb={6}>
          From when until when
        </Text>
        <SegmentedControl
          size="sm"
          aria-label="Whole days or exact times"
          data={[
            { value: "days", label: "Whole days" },
            { value: "times", label: "Exact times" },
          ]}
          value={wholeDays ? "days" : "times"}
          onChange={(value) => onChange({ wholeDays: value === "days" })}
        />
        <div className={classes.span}>
          <Moment
            name="Starts"
            dateLabel={wholeDays ? "First day" : "Starts on"}
            date={away.startDate}
            time={wholeDays ? null : away.startTime}
            onDate={(startDate) => onChange({ startDate })}
            onTime={(startTime) => onChange({ startTime })}
            error={errorOf("away.starts_at")}
          />
          <Radio.Group
            label="Ends"
            value={away.endless ? "never" : "date"}
            onChange={(value) => onChange({ endless: value === "never" })}
          >
            <div className={classes.radios}>
              <Radio value="date" label={wholeDays ? "After a last day" : "At a time"} />
              <Radio value="never" label="Until I switch it off" />
            </div>
          </Radio.Group>
          {!away.endless && (
            <Moment
              name="Ends"
              dateLabel={wholeDays ? "Last day, included" : "Ends on"}
              date={away.endDate}
              time={wholeDays ? null : away.endTime}
              onDate={(endDate) => onChange({ endDate })}
              onTime={(endTime) => onChange({ endTime })}
              error={errorOf("away.ends_at")}
            />
          )}
        </div>
      </div>
      <ZoneSelect
        label="Time zone of these dates"
        value={away.timeZone}
        onChange={(timeZone) => onChange({ timeZone })}
        error={errorOf("away.time_zone")}
      />
    </>
  );
}
