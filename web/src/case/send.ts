/** Sending a message: with a key that makes a repeated attempt harmless. */
import { useMutation } from "@tanstack/react-query";
import { ask, client } from "../api/client";
import type { Conversation } from "../api/conversation";
import { keys, queryClient } from "../api/queries";

/** A fresh key, also where the page is not on https and `crypto.randomUUID` is missing. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface Outgoing {
  body: string;
  key: string;
}

/** Sends a message on a case and shows it at once. */
export function useSend(caseId: string) {
  return useMutation({
    mutationFn: ({ body, key }: Outgoing) =>
      ask(
        client.POST("/api/v1/cases/{id}/messages", {
          params: { path: { id: caseId }, header: { "Idempotency-Key": key } },
          body: { body },
        }),
      ),
    onSuccess: (message) => {
      queryClient.setQueryData<Conversation>(keys.messages(caseId), (known) =>
        known && !known.messages.some((each) => each.id === message.id)
          ? { ...known, messages: [...known.messages, message] }
          : known,
      );
      void queryClient.invalidateQueries({ queryKey: keys.case(caseId) });
      void queryClient.invalidateQueries({ queryKey: keys.cases });
    },
  });
}
