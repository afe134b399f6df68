/** Sending a test text from a number, and what became of it, on the number's card. */
import { Alert, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconSend } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { asProblem } from "../api/problem";
import { keys, queryClient, useSession } from "../api/queries";
import type { Channel, TestText } from "../api/types";
import type { Tone } from "../case/delivery";
import { newKey } from "../case/send";
import { useDeskNow } from "../time/clock";
import { Dialog, FormButtons } from "../ui/Dialog";
import { missing, useChecked } from "../ui/form";
import { readTestText, refreshChannels, sendTestText } from "./channels";
import { countryName } from "./countries";
import { isSettled, testTextView } from "./testText";

const COLOURS: Record<Tone, string> = { quiet: "tide", good: "tide", warn: "yellow", bad: "red" };
const ICONS: Record<Tone, ReactNode> = {
  quiet: <IconSend aria-hidden />,
  good: <IconCircleCheck aria-hidden />,
  warn: <IconAlertTriangle aria-hidden />,
  bad: <IconAlertTriangle aria-hidden />,
};

/** How often is asked what became of one, and how often once the carrier has it. */
const SOON_MS = 1_000;
const LATER_MS = 5_000;

export function TestTextDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const { country } = useSession().organization;
  const [phone, setPhone] = useState("");
  // The same request keeps its key, so that pressing again after a lost answer sends nothing twice.
  const attempt = useRef<{ phone: string; key: string } | null>(null);
  const send = useMutation({
    mutationFn: () => {
      const to = phone.trim();
      if (attempt.current?.phone !== to) attempt.current = { phone: to, key: newKey() };
      return sendTestText(channel.id, to, attempt.current.key);
    },
    onSuccess: (sent) => {
      queryClient.setQueryData(keys.testText(channel.id), sent);
      onClose();
    },
  });
  const { form, errorOf, general } = useChecked({
    problems: missing({ phone: [phone, "Enter the phone number that gets the test text."] }),
    error: send.error,
    places: ["phone"],
    send: () => {
      if (!send.isPending) send.mutate();
    },
  });
  return (
    <Dialog onClose={onClose} title={`Send a test text from ${channel.number_display}`}>
      <form {...form}>
        <Stack>
          {general && (
            <Alert color="red" role="alert" title="Not sent">
              {general}
            </Alert>
          )}
          <Text size="sm">
            Use a phone that you have at hand. The carrier charges for the text like for any other.
            If you answer it, your answer comes in like a new customer's.
          </Text>
          <TextInput
            label="Phone number"
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
            onChange={(event) => setPhone(event.currentTarget.value)}
            error={errorOf("phone")}
          />
          <FormButtons
            onCancel={onClose}
            loading={send.isPending}
            leftSection={<IconSend size={16} aria-hidden />}
          >
            Send the test text
          </FormButtons>
        </Stack>
      </form>
    </Dialog>
  );
}

/** What became of the test text that was sent last from here; nothing if none was since the page was loaded. */
export function TestTextOutcome({ channel }: { channel: Channel }) {
  const test = useQuery<TestText>({
    queryKey: keys.testText(channel.id),
    queryFn: async ({ signal }) => {
      const sent = queryClient.getQueryData<TestText>(keys.testText(channel.id));
      if (!sent) throw new Error("There is no test text yet.");
      const now = await readTestText(channel.id, sent.message_id, signal);
      // The card's other lines speak of it, too.
      if (now.delivery.status !== sent.delivery.status) refreshChannels();
      return now;
    },
    enabled: ({ state }) => state.data !== undefined && !isSettled(state.data),
    refetchInterval: ({ state }) => {
      if (!state.data || isSettled(state.data)) return false;
      // Erased meanwhile, with whoever has the phone.
      if (state.error && asProblem(state.error).status === 404) return false;
      return state.data.delivery.status === "sent" ? LATER_MS : SOON_MS;
    },
    staleTime: 0,
    gcTime: Infinity,
  });
  const now = useDeskNow(1_000);
  const view = test.data && testTextView(test.data, now);
  return (
    // There from the start, so that a screen reader tells what comes into it.
    <div role="status">
      {view && (
        <Alert mt="sm" color={COLOURS[view.tone]} icon={ICONS[view.tone]} title={view.title}>
          {view.words}
          {test.error && ` ${asProblem(test.error).message}`}
        </Alert>
      )}
    </div>
  );
}
