/** Erasing a customer: said plainly, and done only after their number was typed. */
import { Alert, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { keys, queryClient } from "../api/queries";
import type { Customer } from "../api/types";
import { Dialog, FormButtons } from "../ui/Dialog";
import { useChecked } from "../ui/form";

/** A number without what people set it with. */
export function plainNumber(text: string): string {
  return text.replace(/[\s\p{C}\p{P}]/gu, "");
}

const count = (of: number, one: string) => `${of} ${one}${of === 1 ? "" : "s"}`;

export function EraseDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const erase = useMutation({
    mutationFn: () =>
      ask(client.DELETE("/api/v1/customers/{id}", { params: { path: { id: customer.id } } })),
    onSuccess: ({ cases, messages, opt_out_kept }) => {
      for (const queryKey of [keys.customers, keys.cases, keys.audit]) {
        void queryClient.invalidateQueries({ queryKey });
      }
      const kept = opt_out_kept
        ? " The number alone is kept, so that it is never texted again."
        : "";
      notifications.show({
        message: `Erased: ${count(cases, "case")} with ${count(messages, "message")}.${kept}`,
      });
      onClose();
    },
  });
  const right = plainNumber(typed) === plainNumber(customer.phone);
  const { form, errorOf, general } = useChecked({
    problems: right ? {} : { phone: "This is not the number above." },
    error: erase.error,
    places: ["phone"],
    send: () => erase.mutate(),
  });
  return (
    <Dialog onClose={onClose} title={`Erase ${customer.name || customer.phone_display}?`}>
      <form {...form}>
        <Stack>
          <Text size="sm">
            Their name, all their cases, messages and decisions are deleted for good. What waits to
            be sent to them is not sent. If they text again, they are a new customer.
          </Text>
          <Text size="sm">
            {customer.opted_out_at
              ? "They are opted out: their number is kept for that alone, so that nobody texts them again. "
              : ""}
            Backups keep what they have until they are thrown away, and the carrier keeps its own
            records.
          </Text>
          {general && (
            <Alert color="red" role="alert" title="Not erased">
              {general}
            </Alert>
          )}
          <TextInput
            label={
              <>
                Type <bdi>{customer.phone_display}</bdi> to confirm
              </>
            }
            data-autofocus
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            error={errorOf("phone")}
          />
          <FormButtons onCancel={onClose} color="red.9" loading={erase.isPending} disabled={!right}>
            Erase for good
          </FormButtons>
        </Stack>
      </form>
    </Dialog>
  );
}
