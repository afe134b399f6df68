/** What the carrier says of a channel's account, asked when this is shown. */
import { Alert, Loader, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { asProblem } from "../api/problem";
import type { AccountCheck } from "../api/types";
import { checkChannel } from "./channels";

const WORDS: Record<AccountCheck["seen"], { title: string; advice: string }> = {
  active: { title: "The account is right", advice: "" },
  not_active: {
    title: "The account is not in use",
    advice: "Texts from here will fail until Twilio has it in use again.",
  },
  refused: {
    title: "Twilio does not take these credentials",
    advice:
      "Compare account SID and auth token with Twilio's console. Until then every text fails.",
  },
  unknown: {
    title: "The account could not be checked",
    advice: "The number is kept as it is. Check the account again when Twilio can be reached.",
  },
};

const WEBHOOK: Record<
  NonNullable<AccountCheck["webhook"]>["seen"],
  { title: string; advice: string }
> = {
  here: { title: "Texts find their way here", advice: "" },
  here_at_risk: {
    title: "Texts find their way here, but one may be late",
    advice: "Enter the whole address that stands on the number's card.",
  },
  elsewhere: {
    title: "Texts do not come here",
    advice: "Enter the address that stands on the number's card, as Webhook and HTTP POST.",
  },
  nowhere: {
    title: "Texts do not come here",
    advice: "Enter the address that stands on the number's card, as Webhook and HTTP POST.",
  },
  no_such_number: {
    title: "The number is not this account's",
    advice: "Look at Twilio's console which account it belongs to.",
  },
  unknown: { title: "The webhook could not be checked", advice: "Try again later." },
};

function WebhookSeen({ webhook }: { webhook: NonNullable<AccountCheck["webhook"]> }) {
  const { title, advice } = WEBHOOK[webhook.seen];
  const good = webhook.seen === "here";
  const doubtful = webhook.seen === "here_at_risk" || webhook.seen === "unknown";
  return (
    <Alert
      mt="sm"
      color={good ? "tide" : doubtful ? "yellow" : "red"}
      icon={good ? <IconCircleCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
      title={title}
    >
      {webhook.sentence} {advice}
    </Alert>
  );
}

export function AccountSeen({ channelId }: { channelId: string }) {
  const check = useQuery({
    queryKey: ["channel-check", channelId],
    queryFn: () => checkChannel(channelId),
    // Whoever asks wants to know how it is now.
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
  if (check.isFetching) {
    return (
      <Text size="sm" role="status">
        Asking Twilio about the account and the webhook <Loader size="xs" aria-hidden />
      </Text>
    );
  }
  if (check.error) {
    return (
      <Alert color="red" role="alert" title="The account could not be checked">
        {asProblem(check.error).message}
      </Alert>
    );
  }
  if (!check.data) return null;
  const { seen, sentence, webhook } = check.data;
  const { title, advice } = WORDS[seen];
  const good = seen === "active";
  return (
    <div role="status">
      <Alert
        color={good ? "tide" : seen === "unknown" ? "yellow" : "red"}
        icon={good ? <IconCircleCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
        title={title}
      >
        {sentence} {advice}
      </Alert>
      {webhook && <WebhookSeen webhook={webhook} />}
    </div>
  );
}
