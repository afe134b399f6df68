/** What would have to change for a reply to be sent; the time in it by the clock that the person has chosen. */
import { Text, type TextProps } from "@mantine/core";
import type { Preview } from "../api/types";
import { deskNow } from "../time/clock";
import { fullTime, sameDay, timeOfDay } from "../time/format";

interface WhatWouldChangeProps extends TextProps {
  preview: Preview;
}

export function WhatWouldChange({ preview, ...style }: WhatWouldChangeProps) {
  const { what_would_change: sentence, what_would_change_at: open } = preview;
  if (!sentence) return null;
  const atMs = open ? Date.parse(open.at) : 0;
  const time = sameDay(atMs, deskNow()) ? timeOfDay(atMs) : fullTime(atMs);
  return (
    <Text size="sm" {...style}>
      {open ? `${open.before}${time}${open.after}` : sentence}
    </Text>
  );
}
