/** Starts a conversation with a customer who has not texted first. */
import { Alert, Anchor, Modal, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient, useOperators, useSession } from "../api/queries";
import type { LookUp, NewCase } from "../api/types";
import { OptedOut } from "../case/OptedOut";
import { newKey } from "../case/send";
import { countryName } from "../settings/countries";
import { SegmentLine } from "../text/SegmentLine";
import { FormButtons } from "../ui/Dialog";
import { missing, useChecked } from "../ui/form";

const FIELDS = {
  phone: ["customer.phone", "phone"],
  name: ["customer.name", "name"],
  subject: ["subject"],
  operator: ["assigned_operator_id"],
  channel: ["channel_id"],
  message: ["message"],
};
const TYPING_MS = 300;
/** No number is shorter; asking earlier would only say so. */
const FEWEST_DIGITS = 7;
/** How many open cases are named. */
const NAMED_CASES = 3;

function lookUp(phone: string) {
  return {
    queryKey: keys.lookUp(phone),
    queryFn: ({ signal }: { signal?: AbortSignal }): Promise<LookUp> =>
      ask(client.GET("/api/v1/customers/lookup", { params: { query: { phone } }, signal })),
    retry: false,
    staleTime: 0,
  };
}

/** Who the customer is, and that they need no second case. */
function Known({ found, onOpen }: { found: LookUp; onOpen: () => void }) {
  const who = found.customer?.name || found.phone_display;
  if (found.open_cases.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {found.customer?.opted_out_at ? (
          <>
            <OptedOut name={who} by={found.customer.opted_out_by} />, so a first text cannot be
            sent.
          </>
        ) : (
          <>
            <bdi>{who}</bdi> has no open case.
          </>
        )}
      </Text>
    );
  }
  return (
    <Alert color="yellow" role="status">
      <Stack gap={6}>
        {found.open_cases.slice(0, NAMED_CASES).map((each) => (
          <Text size="sm" key={each.id}>
            <bdi>{who}</bdi> has an open case #{each.number}
            {each.subject && (
              <>
                , <bdi>{each.subject}</bdi>
              </>
            )}
            .{" "}
            <Anchor component={Link} href={`/cases/${each.id}`} onClick={onOpen} fw={600}>
              Open it
            </Anchor>
          </Text>
        ))}
        <Text size="sm">If you create another, their next text goes to the newer one.</Text>
      </Stack>
    </Alert>
  );
}

function Form({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const [, navigate] = useLocation();
  const operators = useOperators();
  const channels = useQuery({
    queryKey: keys.channels,
    queryFn: async ({ signal }) => (await ask(client.GET("/api/v1/channels", { signal }))).items,
  });
  const [phone, setPhone] = useState("");
  const [leftPhone, setLeftPhone] = useState(false);
  const [name, setName] = useState("");
  const [subject, setSubject] = useState("");
  const [operator, setOperator] = useState<string | null>(session.user.id);
  const [channel, setChannel] = useState<string | null>(null);
  const [message, setMessage] = useState("");
  // The number whose open case was seen: only then is another one made.
  const [seen, setSeen] = useState<string | null>(null);
  // The same request keeps its key, so that pressing again after a lost answer makes and sends nothing twice.
  const attempt = useRef<{ body: string; key: string } | null>(null);
  const usable = channels.data?.filter((each) => each.active !== false) ?? [];
  const chosen = channel ?? usable[0]?.id ?? null;
  const text = message.trim();
  const { country } = session.organization;

  const [typed] = useDebouncedValue(phone.trim(), TYPING_MS);
  const asked = useQuery({
    ...lookUp(typed),
    enabled: typed.replace(/\D/g, "").length >= FEWEST_DIGITS,
  });
  const found = asked.data && typed === phone.trim() ? asked.data : null;
  const open = found?.open_cases ?? [];

  const create = useMutation({
    mutationFn: async () => {
      const body: NewCase = {
        customer: { phone: phone.trim(), name: name.trim() },
        subject: subject.trim(),
        assigned_operator_id: operator,
        ...(chosen && usable.length > 1 ? { channel_id: chosen } : {}),
        ...(text ? { message: text } : {}),
      };
      const written = JSON.stringify(body);
      if (attempt.current?.body !== written) {
        // Whoever is faster than the look-up is asked before a second case is made.
        const now = await queryClient.fetchQuery(lookUp(phone.trim())).catch(() => null);
        if (now && now.open_cases.length > 0 && seen !== now.phone) {
          setSeen(now.phone);
          return null;
        }
        attempt.current = { body: written, key: newKey() };
      }
      const { key } = attempt.current;
      return ask(
        client.POST("/api/v1/cases", { body, params: { header: { "Idempotency-Key": key } } }),
      );
    },
    onSuccess: (created) => {
      if (!created) return;
      void queryClient.invalidateQueries({ queryKey: keys.cases });
      onClose();
      navigate(`/cases/${created.id}`);
    },
  });
  const checked = useChecked({
    problems: missing({ "customer.phone": [phone, "Enter the customer's phone number."] }),
    error: create.error,
    places: Object.values(FIELDS).flat(),
    send: () => {
      if (create.isPending) return;
      if (found && open.length > 0) setSeen(found.phone);
      create.mutate();
    },
  });
  const { general } = checked;
  const errorOf = (field: keyof typeof FIELDS) => FIELDS[field].map(checked.errorOf).find(Boolean);
  const unreadable = leftPhone && asked.error ? asProblem(asked.error).fields.phone : undefined;
  const verb = open.length > 0 ? "Create another" : text ? "Create" : "Create the case";

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
          description={
            country
              ? `Country: ${countryName(country)}. For another, begin with its code, for example +1 206 555 0117`
              : "With the country code, for example +1 206 555 0117"
          }
          type="tel"
          autoComplete="off"
          required
          withAsterisk={false}
          data-autofocus
          value={phone}
          onChange={(event) => {
            setPhone(event.currentTarget.value);
            setLeftPhone(false);
          }}
          onBlur={() => setLeftPhone(true)}
          error={errorOf("phone") ?? unreadable}
        />
        {found?.customer && <Known found={found} onOpen={onClose} />}
        <TextInput
          label="Customer's name"
          autoComplete="off"
          maxLength={100}
          placeholder={found?.customer?.name || undefined}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={errorOf("name")}
        />
        <TextInput
          label="Subject"
          autoComplete="off"
          maxLength={200}
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
            data={usable.map((each) => ({ value: each.id, label: each.number_display }))}
            value={chosen}
            onChange={setChannel}
            error={errorOf("channel")}
          />
        )}
        <Textarea
          label="First text"
          description={text ? <SegmentLine text={text} brief /> : "Leave it empty to write later."}
          autosize
          minRows={2}
          maxRows={8}
          value={message}
          onChange={(event) => setMessage(event.currentTarget.value)}
          error={errorOf("message")}
        />
        <FormButtons
          onCancel={onClose}
          variant={open.length > 0 ? "default" : "filled"}
          loading={create.isPending}
        >
          {text ? `${verb} and send` : verb}
        </FormButtons>
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
