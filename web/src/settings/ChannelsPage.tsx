/** Settings > Channels: the numbers that customers text, and what to enter at the carrier. */
import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  Code,
  CopyButton,
  Group,
  Menu,
  Paper,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck, IconCopy, IconDots, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys } from "../api/queries";
import type { Channel } from "../api/types";
import { Page } from "../ui/Page";
import { PhoneNumber } from "../ui/PhoneNumber";
import { PageLoader, Problem, State } from "../ui/State";
import { AddChannelDialog, CheckDialog, TokenDialog } from "./ChannelDialogs";
import classes from "./Channels.module.css";
import { patchChannel, webhookAddress } from "./channels";
import { NewCustomersDialog, NewCustomersLine } from "./NewCustomers";
import { TestTextDialog, TestTextOutcome } from "./TestText";
import { Traffic } from "./Traffic";

type Open =
  | { kind: "add" }
  | { kind: "token" | "check" | "new customers" | "test"; channel: Channel }
  | null;

export function Webhook({ channel }: { channel: Pick<Channel, "webhook_url"> }) {
  const address = webhookAddress(channel.webhook_url ?? "");
  return (
    <div>
      <Text size="sm" mt="sm">
        In Twilio's console, under the number's Messaging Configuration, set "A message comes in" to
        Webhook, HTTP POST, with exactly this address:
      </Text>
      <div className={classes.address}>
        <Code className={classes.code}>{address}</Code>
        <CopyButton value={address} timeout={2000}>
          {({ copied, copy }) => (
            <Button
              size="xs"
              variant="default"
              leftSection={
                copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />
              }
              onClick={copy}
            >
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
      </div>
      <Text size="xs" c="dimmed" mt={4}>
        The part after # makes Twilio try again when the desk cannot be reached; without it a text
        can be lost.
      </Text>
    </div>
  );
}

export function ChannelsPage() {
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const channels = useQuery({
    queryKey: keys.channels,
    queryFn: async ({ signal }) => (await ask(client.GET("/api/v1/channels", { signal }))).items,
    // What goes over the numbers is told by nothing else.
    staleTime: 0,
    refetchInterval: 30_000,
  });
  const activation = useMutation({
    mutationFn: ({ id, active }: { id: string; active: boolean }) => patchChannel(id, { active }),
    onSuccess: (channel) => {
      notifications.show({
        message: channel.active
          ? `${channel.number_display} is in use again.`
          : `${channel.number_display} is deactivated.`,
      });
    },
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "Not changed",
        message: asProblem(error).message,
      }),
  });

  return (
    <Page
      wide
      trail={["Settings", "Channels"]}
      lead="The phone numbers that your customers text. Each belongs to an account at a carrier."
      action={
        <Button
          leftSection={<IconPlus size={17} aria-hidden />}
          onClick={() => setOpen({ kind: "add" })}
        >
          Add a Twilio number
        </Button>
      }
    >
      {channels.data ? (
        channels.data.length === 0 ? (
          <State
            inner
            kind="empty"
            title="No number yet"
            action={{ label: "Add a Twilio number", run: () => setOpen({ kind: "add" }) }}
          >
            With a number connected, customers' texts appear in the inbox.
          </State>
        ) : (
          <Stack>
            {channels.data.map((channel) => (
              <Paper key={channel.id} withBorder p="md" component="section">
                <Group justify="space-between" wrap="nowrap" align="flex-start">
                  <div>
                    <Group gap="xs">
                      <Title order={2}>
                        <PhoneNumber number={channel.number} display={channel.number_display} />
                      </Title>
                      <Badge>{channel.active ? "Active" : "Deactivated"}</Badge>
                    </Group>
                    <Text size="sm" c="dimmed" className={classes.account}>
                      Twilio account {channel.account_sid}
                    </Text>
                  </div>
                  <Menu position="bottom-end" width={250}>
                    <Menu.Target>
                      <ActionIcon size="lg" aria-label={`Actions for ${channel.number_display}`}>
                        <IconDots size={18} aria-hidden />
                      </ActionIcon>
                    </Menu.Target>
                    <Menu.Dropdown>
                      <Menu.Item onClick={() => setOpen({ kind: "new customers", channel })}>
                        Who gets new customers
                      </Menu.Item>
                      <Menu.Item onClick={() => setOpen({ kind: "check", channel })}>
                        Check account and webhook
                      </Menu.Item>
                      <Menu.Item
                        disabled={!channel.active}
                        onClick={() => setOpen({ kind: "test", channel })}
                      >
                        Send a test text
                      </Menu.Item>
                      <Menu.Item onClick={() => setOpen({ kind: "token", channel })}>
                        Enter a new auth token
                      </Menu.Item>
                      <Menu.Item
                        onClick={() =>
                          activation.mutate({ id: channel.id, active: !channel.active })
                        }
                      >
                        {channel.active ? "Deactivate" : "Activate"}
                      </Menu.Item>
                    </Menu.Dropdown>
                  </Menu>
                </Group>
                {channel.paused_reason && (
                  <Alert
                    mt="sm"
                    color="red"
                    icon={<IconAlertTriangle aria-hidden />}
                    title="This number is paused"
                  >
                    {channel.paused_reason}
                  </Alert>
                )}
                <Traffic channel={channel} />
                <TestTextOutcome channel={channel} />
                <NewCustomersLine channel={channel} />
                <Webhook channel={channel} />
              </Paper>
            ))}
          </Stack>
        )
      ) : channels.error ? (
        <Problem inner problem={asProblem(channels.error)} retry={() => void channels.refetch()} />
      ) : (
        <PageLoader />
      )}
      {open?.kind === "add" && <AddChannelDialog onClose={close} />}
      {open?.kind === "check" && <CheckDialog channel={open.channel} onClose={close} />}
      {open?.kind === "test" && <TestTextDialog channel={open.channel} onClose={close} />}
      {open?.kind === "new customers" && (
        <NewCustomersDialog channel={open.channel} onClose={close} />
      )}
      {open?.kind === "token" && <TokenDialog channel={open.channel} onClose={close} />}
    </Page>
  );
}
