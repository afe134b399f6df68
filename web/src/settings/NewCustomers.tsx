/** To whom texts of new customers on a channel go (R28): said on its card, and chosen. */
import { Alert, Radio, Select, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "../api/problem";
import { keys, queryClient, useOperators } from "../api/queries";
import type { Channel } from "../api/types";
import { Dialog, FormButtons } from "../ui/Dialog";
import { useChecked } from "../ui/form";
import {
  type AssignChoice,
  assignProblem,
  assignToOf,
  choiceFrom,
  markedName,
  namedBy,
  offered,
} from "./assignTo";
import { patchChannel } from "./channels";

const LABEL = "Texts from new customers go to";

/** What becomes of texts while nothing can go to the operator who is named. */
const IN_TURN_INSTEAD = "As long as that is so, they go to operators in turn.";

const WAYS: { value: AssignChoice["way"]; label: string; words: string }[] = [
  {
    value: "nobody",
    label: "Nobody",
    words:
      "They wait under Unassigned until somebody takes them. Until then no automatic reply is sent.",
  },
  {
    value: "operator",
    label: "A named operator",
    words:
      "All of them, also while the operator is inactive or away: then the automatic replies do their part.",
  },
  {
    value: "in_turn",
    label: "Operators in turn",
    words:
      "To the active operator with the fewest customers waiting. With nobody active they go to one of the others all the same, so that the automatic replies can answer.",
  },
];

/** The sentence on a channel's card. */
export function NewCustomersLine({ channel }: { channel: Channel }) {
  const operators = useOperators();
  const { way, operator } = choiceFrom(channel.assign_to);
  if (way !== "operator" || operator === null) {
    return (
      <Text size="sm" mt="sm">
        {LABEL}{" "}
        {way === "nobody" ? "nobody: they wait until somebody takes them" : "operators in turn"}.
      </Text>
    );
  }
  const named = operators.data && namedBy(operator, operators.data);
  if (named && named.mark !== null) {
    return (
      <Alert mt="sm" color="yellow" icon={<IconAlertTriangle aria-hidden />}>
        {LABEL} <bdi>{markedName(named)}</bdi>. {IN_TURN_INSTEAD}
      </Alert>
    );
  }
  return (
    <Text size="sm" mt="sm">
      {LABEL} {named ? <bdi>{named.name}</bdi> : "a named operator"}.
    </Text>
  );
}

interface ChoiceProps {
  choice: AssignChoice;
  onChange: (choice: AssignChoice) => void;
  error: string | undefined;
}

/** The choice, for a form. */
export function NewCustomersChoice({ choice, onChange, error }: ChoiceProps) {
  const operators = useOperators();
  const { way, operator } = choice;
  const named = operator !== null && operators.data ? namedBy(operator, operators.data) : null;
  const unread = operators.error ? asProblem(operators.error).message : undefined;
  return (
    <Radio.Group
      label={LABEL}
      description="Holds for a customer's first text, and for one that reopens a case which nobody has."
      value={way}
      onChange={(value) => onChange({ ...choice, way: value as AssignChoice["way"] })}
      error={way === "operator" ? undefined : error}
    >
      <Stack gap="xs" mt="xs">
        {WAYS.map(({ value, label, words }) => (
          <div key={value}>
            <Radio
              value={value}
              label={label}
              description={words}
              // A dialog begins at the choice, unless it has a field before it.
              data-autofocus={value === way || undefined}
            />
            {value === "operator" && way === "operator" && (
              <Select
                aria-label="Who gets new customers"
                placeholder="Choose an operator"
                ml={32}
                mt={6}
                searchable
                allowDeselect={false}
                nothingFoundMessage="No active operator of that name"
                comboboxProps={{ withinPortal: false }}
                data={offered(operators.data ?? [], operators.data ? operator : null)}
                value={operators.data ? operator : null}
                onChange={(id) => onChange({ ...choice, operator: id })}
                inputWrapperOrder={["label", "input", "description", "error"]}
                description={
                  named && named.mark !== null && `Texts cannot go to them. ${IN_TURN_INSTEAD}`
                }
                error={error ?? unread}
              />
            )}
          </div>
        ))}
      </Stack>
    </Radio.Group>
  );
}

/** Changes to whom texts of new customers on a channel go. */
export function NewCustomersDialog({
  channel,
  onClose,
}: {
  channel: Channel;
  onClose: () => void;
}) {
  const [choice, setChoice] = useState(() => choiceFrom(channel.assign_to));
  const save = useMutation({
    mutationFn: (assignTo: string) => patchChannel(channel.id, { assign_to: assignTo }),
    onSuccess: () => {
      notifications.show({
        message: `Saved for texts from new customers to ${channel.number_display}.`,
      });
      onClose();
    },
    // Whoever was chosen may have been deactivated meanwhile.
    onError: () => void queryClient.invalidateQueries({ queryKey: keys.operators }),
  });
  const { form, errorOf, general } = useChecked({
    problems: assignProblem(choice),
    error: save.error,
    places: ["assign_to"],
    send: () => {
      const assignTo = assignToOf(choice);
      if (assignTo !== null) save.mutate(assignTo);
    },
  });
  return (
    <Dialog onClose={onClose} title={`New customers of ${channel.number_display}`}>
      <form {...form}>
        <Stack>
          {general && (
            <Alert color="red" role="alert" title="Not saved">
              {general}
            </Alert>
          )}
          <NewCustomersChoice
            choice={choice}
            onChange={(next) => {
              // What was refused was the choice before.
              save.reset();
              setChoice(next);
            }}
            error={errorOf("assign_to")}
          />
          <Text size="sm" c="dimmed">
            Cases that are open now stay as they are.
          </Text>
          <FormButtons onCancel={onClose} loading={save.isPending}>
            Save
          </FormButtons>
        </Stack>
      </form>
    </Dialog>
  );
}

/** Says after a number was added that what was chosen for it could not be saved. */
export function NotAssigned({ error }: { error: unknown }) {
  const { fields, message } = asProblem(error);
  return (
    <Alert mt="sm" color="red" role="alert" title={`${LABEL} nobody for now`}>
      {fields.assign_to ?? message} Choose again in the menu of this number.
    </Alert>
  );
}
