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
        Asking Twilio about the account <Loader size="xs" aria-hidden />
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
  const { seen, sentence } = check.data;
  const { title, advice } = WORDS[seen];
  const good = seen === "active";
  return (
    <Alert
      color={good ? "tide" : seen === "unknown" ? "yellow" : "red"}
      icon={good ? <IconCircleCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
      role="status"
      title={title}
    >
      {sentence} {advice}
    </Alert>
  );
}
