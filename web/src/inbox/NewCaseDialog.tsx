/** Starts a conversation with a customer who has not texted first. */
import { Alert, Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { ask, client } from "../api/client";
import { keys, queryClient, useOperators, useSession } from "../api/queries";
import type { NewCase } from "../api/types";
import { missing, useChecked } from "../ui/form";

const FIELDS = {
  phone: ["customer.phone", "phone"],
  name: ["customer.name", "name"],
  subject: ["subject"],
  operator: ["assigned_operator_id"],
  channel: ["channel_id"],
};

function Form({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const [, navigate] = useLocation();
  const operators = useOperators();
  const channels = useQuery({
    queryKey: keys.channels,
    queryFn: async ({ signal }) => (await ask(client.GET("/api/v1/channels", { signal }))).items,
  });
  const [phone, setPhone] = useState("");
  const [name, setName] = useState("");
  const [subject, setSubject] = useState("");
  const [operator, setOperator] = useState<string | null>(session.user.id);
  const [channel, setChannel] = useState<string | null>(null);
  const usable = channels.data?.filter((each) => each.active !== false) ?? [];
  const chosen = channel ?? usable[0]?.id ?? null;

  const create = useMutation({
    mutationFn: () => {
      const body: NewCase = {
        customer: { phone: phone.replace(/[\s().-]/g, ""), name: name.trim() },
        subject: subject.trim(),
        assigned_operator_id: operator,
        ...(chosen && usable.length > 1 ? { channel_id: chosen } : {}),
      };
      return ask(client.POST("/api/v1/cases", { body }));
    },
    onSuccess: (created) => {
      void queryClient.invalidateQueries({ queryKey: keys.cases });
      onClose();
      navigate(`/cases/${created.id}`);
    },
  });
  const checked = useChecked({
    problems: missing({ "customer.phone": [phone, "Enter the customer's phone number."] }),
    error: create.error,
    places: Object.values(FIELDS).flat(),
    send: () => create.mutate(),
  });
  const { general } = checked;
  const errorOf = (field: keyof typeof FIELDS) => FIELDS[field].map(checked.errorOf).find(Boolean);

  return (
    <form {...checked.form}>
      <Stack>
        {general && (
          <Alert color="red" role="alert">
            {general}
          </Alert>
        )}
        <TextInput
          label="Customer's phone number"
          description="With the country code, for example +1 555 123 0001"
          type="tel"
          autoComplete="off"
          required
          withAsterisk={false}
          data-autofocus
          value={phone}
          onChange={(event) => setPhone(event.currentTarget.value)}
          error={errorOf("phone")}
        />
        <TextInput
          label="Customer's name"
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={errorOf("name")}
        />
        <TextInput
          label="Subject"
          autoComplete="off"
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
          error={errorOf("subject")}
        />
        <Select
          label="Assigned to"
          placeholder="Unassigned"
          clearable
          clearButtonProps={{ "aria-label": "Leave unassigned" }}
          searchable
          data={(operators.data ?? [])
            .filter((each) => each.active)
            .map((each) => ({ value: each.id, label: each.name }))}
          value={operator}
          onChange={setOperator}
          error={errorOf("operator")}
        />
        {usable.length > 1 && (
          <Select
            label="Text from"
            allowDeselect={false}
            data={usable.map((each) => ({ value: each.id, label: each.number }))}
            value={chosen}
            onChange={setChannel}
            error={errorOf("channel")}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending}>
            Create the case
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function NewCaseDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="New case">
      <Form onClose={onClose} />
    </Modal>
  );
}
