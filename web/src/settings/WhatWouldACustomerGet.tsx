/** Asks the server, through the same function that decides for real, what a text would cause now. */
import { Alert, Button, Paper, Select, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem, generalMessage } from "../api/problem";
import { useOperators } from "../api/queries";
import type { Preview } from "../api/types";
import { DecisionLine } from "../case/DecisionLine";
import { deskNow } from "../time/clock";
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
    </div>
  );
}

export function WhatWouldACustomerGet() {
  const operators = useOperators();
  const [operator, setOperator] = useState<string | null>(null);
  const preview = useMutation({
    mutationFn: (id: string) =>
      ask(
        client.POST("/api/v1/auto-reply/preview", {
          body: { operator_id: id, at: new Date(deskNow()).toISOString() },
        }),
      ),
  });
  const problem = preview.error ? asProblem(preview.error) : null;
  return (
    <Paper withBorder p="md" className={classes.ask}>
      <Title order={2}>What would a customer get?</Title>
      <Text size="sm" c="dimmed" mt={2} mb="sm">
        If a customer texted this operator right now, with the settings as they are saved.
      </Text>
      <div className={classes.askRow}>
        <Select
          label="Operator"
          placeholder="Choose an operator"
          searchable
          comboboxProps={{ withinPortal: false }}
          w={{ base: "100%", xs: 280 }}
          data={(operators.data ?? [])
            .filter((each) => each.active)
            .map((each) => ({ value: each.id, label: each.name }))}
          value={operator}
          onChange={(value) => {
            setOperator(value);
            preview.reset();
          }}
        />
        <Button
          variant="default"
          disabled={operator === null}
          loading={preview.isPending}
          onClick={() => operator && preview.mutate(operator)}
        >
          Ask
        </Button>
      </div>
      {preview.data && <PreviewAnswer preview={preview.data} />}
      {problem && (
        <Alert color="red" mt="sm" role="alert">
          {generalMessage(problem, [])}
        </Alert>
      )}
    </Paper>
  );
}
