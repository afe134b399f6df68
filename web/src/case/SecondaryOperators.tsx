/** Colleagues who cover a case beside its own operator: who they are, and how they come and go. */
import { ActionIcon, Button, Select } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconUserPlus, IconX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient, useOperators } from "../api/queries";
import type { Case } from "../api/types";
import classes from "./CaseView.module.css";

interface Change {
  userId: string;
  covers: boolean;
}

function useChange(id: string) {
  return useMutation({
    mutationFn: async ({ userId, covers }: Change) => {
      const options = { params: { path: { id, user_id: userId } } };
      if (covers) {
        await ask(client.PUT("/api/v1/cases/{id}/secondary-operators/{user_id}", options));
      } else {
        await ask(client.DELETE("/api/v1/cases/{id}/secondary-operators/{user_id}", options));
      }
    },
    onError: (error) => {
      const problem = asProblem(error);
      notifications.show({
        color: "red",
        title: "The case was not changed",
        message: Object.values(problem.fields).join(" ") || problem.message,
      });
    },
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: keys.case(id) }),
        queryClient.invalidateQueries({ queryKey: keys.cases }),
      ]),
  });
}

export function SecondaryOperators({ item, myId }: { item: Case; myId: string }) {
  const operators = useOperators();
  const [adding, setAdding] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const change = useChange(item.id);
  const there = item.secondary_operators;
  const taken = new Set([item.assigned_operator?.id, ...there.map(({ id }) => id)]);
  const others = (operators.data ?? []).filter((each) => each.active && !taken.has(each.id));
  const named = (id: string, name: string) => (id === myId ? `${name} (you)` : name);
  const done = () => {
    setAdding(false);
    window.setTimeout(() => button.current?.focus());
  };

  return (
    <div className={classes.secondaries} data-there={there.length > 0 || undefined}>
      {there.length > 0 && (
        <>
          <span className={classes.secondariesLabel} id="secondaries">
            Also on this case
          </span>
          <ul className={classes.people} aria-labelledby="secondaries">
            {there.map(({ id, name }) => (
              <li key={id} className={classes.someone}>
                <bdi title={name}>{named(id, name)}</bdi>
                <ActionIcon
                  size={20}
                  aria-label={`Remove ${name} from this case`}
                  disabled={change.isPending}
                  onClick={() => {
                    change.mutate({ userId: id, covers: false });
                    button.current?.focus();
                  }}
                >
                  <IconX size={13} aria-hidden />
                </ActionIcon>
              </li>
            ))}
          </ul>
        </>
      )}
      {adding ? (
        <Select
          size="xs"
          w={200}
          aria-label="Add a colleague"
          placeholder="Whom?"
          searchable
          autoFocus
          defaultDropdownOpened
          nothingFoundMessage="Nobody else of that name"
          comboboxProps={{ width: 240, position: "bottom-start", withinPortal: false }}
          data={others.map(({ id, name }) => ({ value: id, label: named(id, name) }))}
          onChange={(value) => {
            if (value) change.mutate({ userId: value, covers: true });
            done();
          }}
          onBlur={() => setAdding(false)}
          onKeyDown={(event) => {
            if (event.key === "Escape") done();
          }}
        />
      ) : (
        <Button
          ref={button}
          size="compact-xs"
          variant="subtle"
          leftSection={<IconUserPlus size={14} aria-hidden />}
          loading={change.isPending}
          style={others.length === 0 ? { display: "none" } : undefined}
          onClick={() => setAdding(true)}
        >
          Add a colleague
        </Button>
      )}
    </div>
  );
}
