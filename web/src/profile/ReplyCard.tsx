/** One of an operator's own Auto Replies: its place in the order, its switch, and its content. */
import { Alert, Badge, Button, Paper, Switch, Text, Title } from "@mantine/core";
import { IconUserShield } from "@tabler/icons-react";
import { type ReactNode, useId, useState } from "react";
import type { MyAutoReply } from "../api/types";
import { fullTime } from "../time/format";
import classes from "./Profile.module.css";

export interface CardProps {
  order: number;
  title: string;
  lead: string;
  switchLabel: string;
  enabled: boolean;
  onEnabled: (enabled: boolean) => void;
  /** What the saved one does at the moment. */
  status: "in_force" | "on" | "off" | "planned" | "over";
  switchedOff: MyAutoReply["switched_off"][number] | undefined;
  /** Something in it is wrong, so it cannot stay folded. */
  wrong: boolean;
  onFocus: () => void;
  action?: ReactNode;
  children: ReactNode;
}

const STATUS: Record<CardProps["status"], string> = {
  in_force: "In force now",
  on: "On",
  off: "Off",
  planned: "Planned",
  over: "Over",
};

export function ReplyCard(props: CardProps) {
  const { order, title, lead, enabled, status, switchedOff, wrong } = props;
  const id = useId();
  const [unfolded, setUnfolded] = useState(false);
  const open = enabled || unfolded || wrong;
  const saved = status !== "off";
  return (
    <Paper
      withBorder
      component="section"
      aria-labelledby={`${id}-title`}
      className={classes.card}
      data-in-force={status === "in_force" || undefined}
      onFocusCapture={props.onFocus}
    >
      <div className={classes.cardTop}>
        <span className={classes.order} aria-hidden>
          {order}
        </span>
        <div className={classes.cardName}>
          <Title order={2} id={`${id}-title`}>
            {title}
          </Title>
          <Badge className={classes.status} data-status={status}>
            {STATUS[status]}
            {enabled !== saved && " until saved"}
          </Badge>
        </div>
        {props.action}
      </div>
      <Text size="sm" c="dimmed">
        {lead}
      </Text>
      {switchedOff && (
        <Alert color="yellow" icon={<IconUserShield aria-hidden />} p="sm">
          <bdi>{switchedOff.by.name}</bdi> switched this off on{" "}
          {fullTime(Date.parse(switchedOff.at))}. You can switch it on again.
        </Alert>
      )}
      <div className={classes.cardSwitch}>
        <Switch
          label={props.switchLabel}
          checked={enabled}
          onChange={(event) => props.onEnabled(event.currentTarget.checked)}
        />
        {!enabled && !wrong && (
          <Button
            size="compact-sm"
            variant="subtle"
            aria-expanded={open}
            aria-controls={`${id}-body`}
            aria-label={`${open ? "Hide" : "Show"} what is set up, ${title}`}
            onClick={() => setUnfolded((known) => !known)}
          >
            {open ? "Hide" : "Show"}
          </Button>
        )}
      </div>
      <div id={`${id}-body`} className={classes.cardBody} hidden={!open}>
        {open && props.children}
      </div>
    </Paper>
  );
}
