/** Reminds an operator who is at the desk that their away message still answers for them (R11). */
import { Anchor, Group, Text } from "@mantine/core";
import { IconBeach } from "@tabler/icons-react";
import { Link } from "wouter";
import { useMyAutoReply } from "../api/queries";

export function AwayNotice() {
  const { data } = useMyAutoReply();
  if (data?.in_force !== "away") return null;
  return (
    <Group
      component="section"
      aria-label="Your away message"
      gap="xs"
      px="md"
      py={6}
      bg="var(--desk-selected)"
      style={{ flex: "none", borderBottom: "1px solid var(--desk-line)" }}
    >
      <IconBeach size={16} aria-hidden />
      <Text size="sm">Your away message is on: customers get it, also while you are here.</Text>
      <Anchor component={Link} href="/profile/auto-reply" size="sm">
        Change it
      </Anchor>
    </Group>
  );
}
