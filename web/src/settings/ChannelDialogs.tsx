/** Connecting a Twilio number, and replacing its auth token. */
import { Alert, Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "../api/problem";
import type { Channel } from "../api/types";
import { Dialog, FormButtons } from "../ui/Dialog";
import { missing, useChecked } from "../ui/form";
import { SecretInput } from "../ui/SecretInput";
import { AccountSeen } from "./AccountSeen";
import { assignProblem, assignToOf, choiceFrom } from "./assignTo";
import { Webhook } from "./ChannelsPage";
import { addChannel, patchChannel } from "./channels";
import { NewCustomersChoice, NotAssigned } from "./NewCustomers";

/**
 * The server refuses a token under a key that does not open the other numbers' tokens. Only a person knows that theirs
 * is lost; until it is refused, nothing of keys is asked.
 */
function FormerKeyLost({
  error,
  lost,
  onChange,
}: {
  error: unknown;
  lost: boolean;
  onChange: (lost: boolean) => void;
}) {
  if (!lost && (!error || asProblem(error).code !== "key_does_not_fit")) return null;
  return (
    <Checkbox
      label="The former key file is lost: store this auth token under today's key"
      checked={lost}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

export function AddChannelDialog({ onClose }: { onClose: () => void }) {
  const [accountSid, setAccountSid] = useState("");
  const [authToken, setAuthToken] = useState("");
  const [number, setNumber] = useState("");
  const [choice, setChoice] = useState(() => choiceFrom(undefined));
  const [lost, setLost] = useState(false);
  // Once the number is added it stays added: a choice that is refused after it is told beside it.
  const assign = useMutation({
    mutationFn: ({ id, assignTo }: { id: string; assignTo: string }) =>
      patchChannel(id, { assign_to: assignTo }),
  });
  const add = useMutation({
    mutationFn: async () => {
      const channel = await addChannel({
        account_sid: accountSid.trim(),
        auth_token: authToken.trim(),
        number,
        former_key_lost: lost,
      });
      const assignTo = assignToOf(choice);
      if (assignTo !== null && assignTo !== "nobody") {
        await assign.mutateAsync({ id: channel.id, assignTo }).catch(() => {});
      }
      return channel;
    },
  });
  const { form, errorOf, general } = useChecked({
    problems: {
      ...missing({
        number: [number, "Enter the number that customers text."],
        account_sid: [accountSid, "Enter the account SID; it begins with AC."],
        auth_token: [authToken, "Enter the account's auth token."],
      }),
      ...assignProblem(choice),
    },
    error: add.error,
    places: ["account_sid", "auth_token", "number", "assign_to"],
    send: () => add.mutate(),
  });

  if (add.data) {
    return (
      <Dialog onClose={onClose} title={`${add.data.number_display} is added`} size="lg">
        <AccountSeen channelId={add.data.id} />
        {assign.error && <NotAssigned error={assign.error} />}
        <Text size="sm" mt="sm">
          One step is left, at Twilio, so that texts find their way here. After it, the number's
          menu checks the webhook and sends a test text.
        </Text>
        <Webhook channel={add.data} />
        <Group justify="flex-end" mt="lg">
          <Button onClick={onClose} data-autofocus>
            Done
          </Button>
        </Group>
      </Dialog>
    );
  }
  return (
    <Dialog onClose={onClose} title="Add a Twilio number">
      <form {...form}>
        <Stack>
          {general && (
            <Alert color="red" role="alert">
              {general}
            </Alert>
          )}
          <TextInput
            label="Phone number"
            description="With the country code, for example +1 555 123 0001"
            type="tel"
            autoComplete="off"
            required
            withAsterisk={false}
            data-autofocus
            value={number}
            onChange={(event) => setNumber(event.currentTarget.value)}
            error={errorOf("number")}
          />
          <TextInput
            label="Account SID"
            description="On the first page of Twilio's console; begins with AC"
            autoComplete="off"
            spellCheck={false}
            required
            withAsterisk={false}
            value={accountSid}
            onChange={(event) => setAccountSid(event.currentTarget.value)}
            error={errorOf("account_sid")}
          />
          <SecretInput
            label="Auth token"
            description="Beside the account SID. It is stored encrypted and never shown again."
            autoComplete="off"
            value={authToken}
            onChange={(event) => setAuthToken(event.currentTarget.value)}
            error={errorOf("auth_token")}
          />
          <NewCustomersChoice choice={choice} onChange={setChoice} error={errorOf("assign_to")} />
          <FormerKeyLost error={add.error} lost={lost} onChange={setLost} />
          <FormButtons onCancel={onClose} loading={add.isPending}>
            Add the number
          </FormButtons>
        </Stack>
      </form>
    </Dialog>
  );
}

/** Says how the account is at this moment. */
export function CheckDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title={`Account and webhook of ${channel.number_display}`}>
      <AccountSeen channelId={channel.id} />
      <Group justify="flex-end" mt="lg">
        <Button onClick={onClose} data-autofocus>
          Close
        </Button>
      </Group>
    </Dialog>
  );
}

export function TokenDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const [authToken, setAuthToken] = useState("");
  const [lost, setLost] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      patchChannel(channel.id, { auth_token: authToken.trim(), former_key_lost: lost }),
    onSuccess: () => {
      notifications.show({ message: `${channel.number_display} has a new auth token.` });
      onClose();
    },
  });
  const { form, errorOf, general } = useChecked({
    problems: missing({ auth_token: [authToken, "Enter the new auth token."] }),
    error: save.error,
    places: ["auth_token"],
    send: () => save.mutate(),
  });
  return (
    <Dialog onClose={onClose} title={`New auth token for ${channel.number_display}`}>
      <form {...form}>
        <Stack>
          {general && (
            <Alert color="red" role="alert">
              {general}
            </Alert>
          )}
          <SecretInput
            label="Auth token"
            description="It takes effect at once and is never shown again."
            autoComplete="off"
            data-autofocus
            value={authToken}
            onChange={(event) => setAuthToken(event.currentTarget.value)}
            error={errorOf("auth_token")}
          />
          <FormerKeyLost error={save.error} lost={lost} onChange={setLost} />
          <FormButtons onCancel={onClose} loading={save.isPending}>
            Save
          </FormButtons>
        </Stack>
      </form>
    </Dialog>
  );
}
