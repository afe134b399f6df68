/** Under a message that reads like a stop: an operator says whether it was meant as one. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient } from "../api/queries";
import type { Case, MessageMeant } from "../api/types";
import classes from "./CaseView.module.css";

function useMeant(id: string, messageId: string) {
  return useMutation({
    mutationFn: (meant: MessageMeant["meant"]) =>
      ask(
        client.POST("/api/v1/cases/{id}/messages/{message_id}/meant", {
          params: { path: { id, message_id: messageId } },
          body: { meant },
        }),
      ),
    // The question that was answered goes, and with it the button that had the focus.
    onSuccess: () => document.getElementById("case")?.focus({ preventScroll: true }),
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "Nothing was changed",
        message: asProblem(error).message,
      }),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: keys.case(id) }),
        queryClient.invalidateQueries({ queryKey: keys.cases }),
      ]),
  });
}

export function ReadsLikeStop({ item, messageId }: { item: Case; messageId: string }) {
  const say = useMeant(item.id, messageId);
  const name = item.customer.name || item.customer.phone_display;
  // Buttons that are switched off lose the focus: a second press is left unheard instead.
  const answer = (meant: MessageMeant["meant"]) => {
    if (!say.isPending) say.mutate(meant);
  };
  return (
    <fieldset className={classes.question}>
      <legend>
        Does <bdi>{name}</bdi> ask not to be written to any more?
      </legend>
      <Button
        size="compact-sm"
        variant="default"
        loading={say.isPending && say.variables === "opt_out"}
        onClick={() => answer("opt_out")}
      >
        Opt the customer out
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        loading={say.isPending && say.variables === "ordinary"}
        onClick={() => answer("ordinary")}
      >
        Not meant so
      </Button>
    </fieldset>
  );
}
