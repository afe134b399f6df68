/** Whose case it is, what it is about, and what can be done with it as a whole. */
import { ActionIcon, Badge, Button, Group, Select, Title, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowLeft, IconCheck, IconRefresh } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link } from "wouter";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient, useOperators } from "../api/queries";
import type { Case, CasePatch } from "../api/types";
import { assigneeName } from "../inbox/AssigneeName";
import { useFocusKept } from "../ui/focus";
import { movedWithin } from "../ui/navigation";
import { PhoneNumber } from "../ui/PhoneNumber";
import classes from "./CaseView.module.css";
import { InlineEdit } from "./InlineEdit";
import { SecondaryOperators } from "./SecondaryOperators";

const NOBODY = "nobody";

/** Changes a case, and says so where it could not be. */
export function usePatch(id: string) {
  return useMutation({
    mutationFn: (body: CasePatch) =>
      ask(client.PATCH("/api/v1/cases/{id}", { params: { path: { id } }, body })),
    onSuccess: (item) => {
      queryClient.setQueryData<Case>(keys.case(id), (known) => ({ ...known, ...item }));
      void queryClient.invalidateQueries({ queryKey: keys.case(id) });
      void queryClient.invalidateQueries({ queryKey: keys.cases });
    },
    onError: (error) => {
      const problem = asProblem(error);
      notifications.show({
        color: "red",
        title: "The case was not changed",
        message: Object.values(problem.fields).join(" ") || problem.message,
      });
      void queryClient.invalidateQueries({ queryKey: keys.case(id) });
    },
  });
}

function Subject({ item }: { item: Case }) {
  const patch = usePatch(item.id);
  return (
    <InlineEdit
      what="subject"
      value={item.subject}
      maxLength={200}
      save={(subject) => patch.mutateAsync({ subject })}
    >
      <bdi className={classes.subject} title={item.subject || undefined}>
        {item.subject || "No subject"}
      </bdi>
    </InlineEdit>
  );
}

function useRename({ id, customer }: Case) {
  return useMutation({
    mutationFn: (name: string) =>
      ask(
        client.PATCH("/api/v1/customers/{id}", {
          params: { path: { id: customer.id } },
          body: { name },
        }),
      ),
    onSuccess: ({ name }) => {
      queryClient.setQueryData<Case>(
        keys.case(id),
        (known) => known && { ...known, customer: { ...known.customer, name } },
      );
      void queryClient.invalidateQueries({ queryKey: keys.case(id) });
      void queryClient.invalidateQueries({ queryKey: keys.cases });
    },
    onError: (error) => {
      const problem = asProblem(error);
      notifications.show({
        color: "red",
        title: "The name was not changed",
        message: Object.values(problem.fields).join(" ") || problem.message,
      });
    },
  });
}

interface AssigneeProps {
  item: Case;
  myId: string;
  /** The button that was pressed goes with what it did. */
  onTaken: () => void;
}

function Assignee({ item, myId, onTaken }: AssigneeProps) {
  const operators = useOperators();
  const patch = usePatch(item.id);
  const assigned = item.assigned_operator;
  const people = (operators.data ?? []).filter((each) => each.active || each.id === assigned?.id);
  if (assigned && !people.some((each) => each.id === assigned.id)) {
    people.unshift({ ...assigned, active: false });
  }
  return (
    <Group gap={6} wrap="nowrap" className={classes.assignee}>
      <Select
        size="xs"
        w={190}
        aria-label="Assigned to"
        searchable
        allowDeselect={false}
        nothingFoundMessage="No operator of that name"
        comboboxProps={{ width: 240, position: "bottom-end", withinPortal: false }}
        data={[
          { value: NOBODY, label: "Unassigned" },
          ...people.map((each) => ({
            value: each.id,
            label: each.id === myId ? `${each.name} (you)` : assigneeName(each, operators.data),
          })),
        ]}
        value={assigned?.id ?? NOBODY}
        onChange={(value) =>
          patch.mutate({ assigned_operator_id: value === NOBODY ? null : value })
        }
      />
      {assigned?.id !== myId && (
        <Button
          size="xs"
          variant="default"
          loading={patch.isPending}
          onClick={() => patch.mutate({ assigned_operator_id: myId }, { onSuccess: onTaken })}
        >
          Assign to me
        </Button>
      )}
    </Group>
  );
}

interface HeaderProps {
  item: Case;
  alone: boolean;
  myId: string;
}

export function CaseHeader({ item, alone, myId }: HeaderProps) {
  const patch = usePatch(item.id);
  const rename = useRename(item);
  const close = useFocusKept(patch.isPending);
  const heading = useRef<HTMLHeadingElement>(null);
  const closed = item.status === "closed";
  const hasName = item.customer.name !== "";
  useEffect(() => {
    // Beside the list the focus stays on the row, so that the arrows go on from there.
    if (alone && movedWithin()) heading.current?.focus({ preventScroll: true });
  }, [alone]);

  return (
    <header className={classes.header}>
      <div className={classes.headerMain}>
        {alone && (
          <Tooltip label="Back to the inbox">
            <ActionIcon component={Link} href="/" size="lg" aria-label="Back to the inbox">
              <IconArrowLeft size={20} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        <div className={classes.who}>
          <Group gap="xs" wrap="nowrap">
            <InlineEdit
              what="customer's name"
              value={item.customer.name}
              maxLength={100}
              save={(name) => rename.mutateAsync(name)}
            >
              <Title order={1} size="h3" ref={heading} tabIndex={-1} className={classes.customer}>
                <bdi>{hasName ? item.customer.name : item.customer.phone_display}</bdi>
              </Title>
            </InlineEdit>
            {closed && <Badge className={classes.badge}>Closed</Badge>}
            {item.customer.opted_out && <Badge className={classes.badge}>Opted out</Badge>}
          </Group>
          <p className={classes.facts}>
            #{item.number} ·{" "}
            <PhoneNumber number={item.customer.phone} display={item.customer.phone_display} />
            <span className={classes.ours}> · to {item.channel.number_display}</span>
          </p>
        </div>
        <Button
          ref={close}
          size="xs"
          variant="default"
          className={classes.close}
          leftSection={
            closed ? <IconRefresh size={15} aria-hidden /> : <IconCheck size={15} aria-hidden />
          }
          loading={patch.isPending}
          onClick={() => patch.mutate({ status: closed ? "open" : "closed" })}
        >
          {closed ? "Reopen" : "Close case"}
        </Button>
      </div>
      <div className={classes.headerTools}>
        <Subject item={item} />
        <SecondaryOperators item={item} myId={myId} />
        <Assignee
          item={item}
          myId={myId}
          onTaken={() => heading.current?.focus({ preventScroll: true })}
        />
      </div>
    </header>
  );
}
