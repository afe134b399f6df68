/** What becomes of the open cases of somebody who leaves. */
import { Radio, Select, Stack, Text } from "@mantine/core";
import { useOperators } from "../api/queries";
import type { User } from "../api/types";
import { casesWords } from "./users";

/** Nothing chosen for the cases: they stay where they are. */
export type HandTo = "stay" | "nobody" | "colleague";

/** What is sent about the cases: nothing, nobody, or who gets them. */
export function handedTo(choice: HandTo, colleague: string | null) {
  if (choice === "stay") return {};
  return { hand_open_cases_to: choice === "nobody" ? null : colleague };
}

interface OpenCasesProps {
  user: User;
  choice: HandTo;
  onChoice: (choice: HandTo) => void;
  colleague: string | null;
  onColleague: (id: string | null) => void;
  error: string | undefined;
  canStay: boolean;
}

export function OpenCases(props: OpenCasesProps) {
  const { user, choice } = props;
  const operators = useOperators();
  if (user.open_cases === 0) return null;
  const others = (operators.data ?? []).filter((each) => each.active && each.id !== user.id);
  return (
    <Radio.Group
      label={
        <>
          <bdi>{user.name}</bdi> has {casesWords(user)}
        </>
      }
      value={choice}
      onChange={(value) => props.onChoice(value as HandTo)}
    >
      <Stack gap="xs" mt="xs">
        <Radio value="colleague" label="Hand them to a colleague" />
        {choice === "colleague" && (
          <Select
            aria-label="Who gets the cases"
            placeholder="Choose an operator"
            ml={28}
            searchable
            comboboxProps={{ withinPortal: false }}
            data={others.map(({ id, name }) => ({ value: id, label: name }))}
            value={props.colleague}
            onChange={props.onColleague}
            error={props.error}
          />
        )}
        <Radio value="nobody" label="Put them back to unassigned" />
        {props.canStay && <Radio value="stay" label="Leave them assigned" />}
      </Stack>
      {choice === "stay" && (
        <Text size="sm" c="dimmed" mt="xs">
          The organization's reply goes on answering, but no person sees these cases among theirs.
        </Text>
      )}
    </Radio.Group>
  );
}
