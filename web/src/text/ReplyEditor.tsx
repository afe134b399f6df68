/**
 * The editor of an automatic reply's text: counts what it costs as one types, offers to make
 * typographic characters plain, inserts variables, and reminds of what a good text does.
 */
import { Alert, Button, Group, Menu, Text, Textarea } from "@mantine/core";
import { IconAlertTriangle, IconVariable } from "@tabler/icons-react";
import { useRef } from "react";
import classes from "./ReplyEditor.module.css";
import { SegmentLine } from "./SegmentLine";
import { characterName, countSegments, makePlain } from "./segments";
import {
  BACK_AT,
  placeholder,
  promisesReturn,
  renderSample,
  VARIABLES,
  variableProblem,
} from "./variables";

/** The longest text that is accepted (R22). */
export const MAX_CHARACTERS = 1600;

interface CostProps {
  rendered: string;
  onFix: () => void;
}

function list(characters: string[]): string {
  const names = characters.slice(0, 5).map(characterName);
  return names.join("  ") + (characters.length > 5 ? " …" : "");
}

/** Says what forces the costlier encoding, and offers the way out where there is one. */
export function EncodingNotice({ rendered, onFix }: CostProps) {
  const { encoding, segments, outside } = countSegments(rendered);
  if (encoding === "GSM-7") return null;
  const plain = countSegments(makePlain(rendered));
  const rest = plain.outside;
  const fixable = outside.filter((character) => !rest.includes(character));
  const gain =
    plain.segments < segments
      ? ` With plain ones it is ${plain.segments} instead of ${segments} SMS segments.`
      : " With plain ones it costs no more, and longer texts fit.";
  return (
    <Alert
      color="yellow"
      variant="light"
      mt="xs"
      p="sm"
      icon={<IconAlertTriangle aria-hidden />}
      classNames={{ message: classes.notice }}
    >
      {fixable.length > 0 && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" className={classes.noticeText}>
            Typographic characters (<span className={classes.characters}>{list(fixable)}</span>)
            need the encoding UCS-2, which fits 70 characters into an SMS instead of 160.
            {rest.length === 0 && gain}
          </Text>
          <Button size="compact-sm" variant="default" onClick={onFix}>
            Replace with plain characters
          </Button>
        </Group>
      )}
      {rest.length > 0 && (
        <Text size="sm">
          <span className={classes.characters}>{list(rest)}</span>{" "}
          {rest.length === 1 ? "is" : "are"} not in the basic SMS alphabet, so the text needs the
          encoding UCS-2: 70 characters to an SMS instead of 160.
        </Text>
      )}
    </Alert>
  );
}

interface EditorProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | null;
  /** What the variables stand for in the count. */
  samples: Record<string, string>;
  /** A text to offer when the field is empty. */
  example?: string | null;
  required?: boolean;
}

export function ReplyEditor(props: EditorProps) {
  const { label, value, onChange, error, samples, example, required = true } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const characters = value.trim().length;
  const rendered = renderSample(value, samples);
  const tooLong = characters > MAX_CHARACTERS;
  const message = tooLong
    ? `At most 1,600 characters; these are ${characters.toLocaleString("en-US")}.`
    : (variableProblem(value) ?? error);

  const insert = (text: string) => {
    const element = field.current;
    const start = element?.selectionStart ?? value.length;
    const end = element?.selectionEnd ?? start;
    onChange(value.slice(0, start) + text + value.slice(end));
    window.setTimeout(() => {
      element?.focus();
      element?.setSelectionRange(start + text.length, start + text.length);
    });
  };

  return (
    <div>
      <Textarea
        ref={field}
        label={label}
        required={required}
        withAsterisk={false}
        autosize
        minRows={4}
        maxRows={14}
        value={value}
        error={message}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <div className={classes.bar}>
        <Text size="sm" c="dimmed" className={classes.count}>
          {value.includes("{{") ? (
            <>
              {characters.toLocaleString("en-US")} of 1,600 characters; with sample values{" "}
              <SegmentLine text={rendered} brief />
            </>
          ) : (
            <SegmentLine text={value.trim()} />
          )}
        </Text>
        <Group gap="xs">
          {value.trim() === "" && example && (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => {
                onChange(example);
                field.current?.focus();
              }}
            >
              Use the example
            </Button>
          )}
          <Menu position="bottom-end" width={290}>
            <Menu.Target>
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconVariable size={15} aria-hidden />}
              >
                Insert variable
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {VARIABLES.map((variable) => (
                <Menu.Item key={variable.name} onClick={() => insert(placeholder(variable))}>
                  <Text size="sm">{variable.label}</Text>
                  <Text size="xs" c="dimmed" ff="monospace">
                    {placeholder(variable)}
                  </Text>
                  {variable.note && (
                    <Text size="xs" c="dimmed">
                      {variable.note}
                    </Text>
                  )}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </Group>
      </div>
      {promisesReturn(value) && (
        <Text size="sm" mt="xs">
          {samples[BACK_AT] === ""
            ? "This reply never knows when the operator is back, so the sentence with {{ back_at }} is left out."
            : "{{ back_at }} becomes, for example, Monday at 9:00 AM. Where that is not known, its sentence is left out."}
        </Text>
      )}
      <EncodingNotice
        rendered={rendered}
        onFix={() => {
          onChange(makePlain(value));
          field.current?.focus();
        }}
      />
      <Text size="sm" c="dimmed" mt="xs">
        A good reply acknowledges the message, says when or how you will follow up, and sounds like
        you: friendly.
      </Text>
    </div>
  );
}
