/** Channels: how they are changed, and the address to enter at the carrier. */
import { ask, client } from "../api/client";
import { keys, queryClient } from "../api/queries";
import type { AccountCheck, Channel, ChannelPatch, NewChannel, TestText } from "../api/types";

/** Makes Twilio try again after every kind of failure, not only once and only on connecting. */
const RETRIES = "#rc=5&rp=all";

/** The address with its retries, whether or not the server has added them. */
export function webhookAddress(url: string): string {
  return url.includes("#") ? url : url + RETRIES;
}

/** Reads the numbers and what the log says of them anew. */
export function refreshChannels(): void {
  void queryClient.invalidateQueries({ queryKey: keys.channels });
  void queryClient.invalidateQueries({ queryKey: keys.audit });
}

/** Changes a channel. */
export async function patchChannel(id: string, body: ChannelPatch): Promise<Channel> {
  const channel = await ask(
    client.PATCH("/api/v1/channels/{id}", { params: { path: { id } }, body }),
  );
  refreshChannels();
  return channel as Channel;
}

/** What the carrier says now of a channel's account and its token. */
export function checkChannel(id: string): Promise<AccountCheck> {
  return ask(client.POST("/api/v1/channels/{id}/check", { params: { path: { id } } }));
}

/** Sends a test text from a channel. */
export async function sendTestText(id: string, phone: string, key: string): Promise<TestText> {
  const sent = await ask(
    client.POST("/api/v1/channels/{id}/test", {
      params: { path: { id }, header: { "Idempotency-Key": key } },
      body: { phone },
    }),
  );
  refreshChannels();
  return sent;
}

/** What became of a test text. */
export function readTestText(
  id: string,
  messageId: string,
  signal: AbortSignal,
): Promise<TestText> {
  const path = { id, message_id: messageId };
  return ask(client.GET("/api/v1/channels/{id}/test/{message_id}", { params: { path }, signal }));
}

/** Connects a number. */
export async function addChannel(body: NewChannel): Promise<Channel> {
  const channel = await ask(client.POST("/api/v1/channels", { body }));
  refreshChannels();
  return channel as Channel;
}
