/** Asks the server, through the same function that decides for real, what a text would cause at an instant. */
import { Alert, Button, Paper, Select, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { type CaseFilter, useCaseList } from "../api/caseList";
import { ask, client } from "../api/client";
import { useOperators, useSession } from "../api/queries";
import type { Preview } from "../api/types";
import { DecisionLine } from "../case/DecisionLine";
import { WhatWouldChange } from "../case/WhatWouldChange";
import { deskNow } from "../time/clock";
import { fullTime } from "../time/format";
import { instantOf } from "../time/zones";
import { useChecked } from "../ui/form";
import classes from "./InactivityReply.module.css";

export function PreviewAnswer({ preview }: { preview: Preview }) {
  return (
    <div role="status">
      <DecisionLine decision={preview} />
      {preview.text && (
        <p className={`${classes.answer} stranger`} dir="auto">
          {preview.text}
        </p>
      )}
      <WhatWouldChange preview={preview} mt={6} />
    </div>
  );
}

/** Someone or something that can be asked about. */
interface Subject {
  value: string;
  label: string;
  about: { operator_id: string } | { case_id: string };
}

interface AskProps {
  lead: string;
  label: string;
  placeholder: string;
  subjects: Subject[];
  first?: string;
}

function AskBox({ lead, label, placeholder, subjects, first }: AskProps) {
  const { organization } = useSession();
  const [chosen, setChosen] = useState<string | null>(first ?? null);
  const [when, setWhen] = useState("");
  const preview = useMutation({
    mutationFn: ({ about, atMs }: { about: Subject["about"]; atMs: number }) =>
      ask(
        client.POST("/api/v1/auto-reply/preview", {
          body: { ...about, at: new Date(atMs).toISOString() },
        }),
      ),
  });
  const subject = subjects.find(({ value }) => value === chosen);
  const [date = "", time = ""] = when.split("T");
  const atMs =
    when === ""
      ? deskNow()
      : instantOf({ date, time: time.slice(0, 5) }, organization.time_zone, "start");
  const { form, errorOf, general } = useChecked({
    problems: {
      ...(subject ? {} : { subject: `${placeholder}.` }),
      ...(atMs === null ? { at: "Choose a date and a time." } : {}),
    },
    error: preview.error,
    places: ["subject", "at"],
    send: () => {
      if (subject && atMs !== null) preview.mutate({ about: subject.about, atMs });
    },
  });
  return (
    <Paper withBorder p="md" className={classes.ask} component="section" aria-labelledby="ask">
      <Title order={2} id="ask">
        What would a customer get?
      </Title>
      <Text size="sm" c="dimmed" mt={2} mb="sm">
        {lead}
      </Text>
      <form {...form} className={classes.askRow}>
        <Select
          label={label}
          placeholder={placeholder}
          searchable
          comboboxProps={{ withinPortal: false }}
          w={{ base: "100%", xs: 280 }}
          data={subjects.map(({ value, label: words }) => ({ value, label: words }))}
          value={chosen}
          onChange={(value) => {
            setChosen(value);
            preview.reset();
          }}
          error={errorOf("subject")}
        />
        <TextInput
          type="datetime-local"
          label={`When (${organization.time_zone})`}
          w={{ base: "100%", xs: 230 }}
          value={when}
          onChange={(event) => {
            setWhen(event.currentTarget.value);
            preview.reset();
          }}
          error={errorOf("at")}
        />
        <Button type="submit" variant="default" loading={preview.isPending}>
          Ask
        </Button>
      </form>
      <Text size="xs" c="dimmed" mt={6}>
        {when === "" || atMs === null
          ? "Without a time it is about right now."
          : `About ${fullTime(atMs, undefined, organization.time_zone)}, with today's settings and facts.`}
      </Text>
      {preview.data && <PreviewAnswer preview={preview.data} />}
      {general && (
        <Alert color="red" mt="sm" role="alert">
          {general}
        </Alert>
      )}
    </Paper>
  );
}

/** For a System Admin: about any operator. */
export function WhatWouldACustomerGet() {
  const operators = useOperators();
  return (
    <AskBox
      lead="If a customer texted this operator, with the settings as they are saved."
      label="Operator"
      placeholder="Choose an operator"
      subjects={(operators.data ?? [])
        .filter((each) => each.active)
        .map(({ id, name }) => ({ value: id, label: name, about: { operator_id: id } }))}
    />
  );
}

const MINE: CaseFilter = {
  status: "open",
  assignedTo: "me",
  waiting: false,
  failed: false,
  newest: false,
  q: "",
};

/** For an operator: about a new case of their own, or one of their cases. */
export function AskAboutMine() {
  const { user } = useSession();
  const mine = useCaseList(MINE).data?.items ?? [];
  return (
    <AskBox
      lead="If a customer texted you, with your replies as they are saved."
      label="Case"
      placeholder="Choose a case"
      first={user.id}
      subjects={[
        { value: user.id, label: "A new case of mine", about: { operator_id: user.id } },
        ...mine.map((each) => ({
          value: each.id,
          label: `#${each.number} · ${each.customer.name || each.customer.phone_display}`,
          about: { case_id: each.id },
        })),
      ]}
    />
  );
}
