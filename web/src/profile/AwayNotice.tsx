/** Reminds an operator who is at the desk that their away message still answers for them (R11). */
import { Anchor, Text } from "@mantine/core";
import { IconBeach } from "@tabler/icons-react";
import { Link } from "wouter";
import { useMyAutoReply } from "../api/queries";
import classes from "./Profile.module.css";

export function AwayNotice() {
  const { data } = useMyAutoReply();
  if (data?.in_force !== "away") return null;
  return (
    <section aria-label="Your away message" className={classes.notice}>
      <IconBeach size={16} aria-hidden />
      <Text size="sm">
        Your away message is on
        <span className={classes.noticeMore}>: customers get it, also while you are here</span>.{" "}
        <Anchor component={Link} href="/profile/auto-reply" inherit underline="always">
          Change it
        </Anchor>
      </Text>
    </section>
  );
}
