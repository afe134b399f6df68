/** Profile > Auto Reply: the operator's own replies, in the order in which they speak (R10-R14). */
import { Button, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDoorEnter } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient, useMyAutoReply, useSession } from "../api/queries";
import type { MyAutoReply, MyAutoReplyInput, PersonalLayer } from "../api/types";
import { DAYS } from "../hours/week";
import classes from "../settings/InactivityReply.module.css";
import { AskAboutMine } from "../settings/WhatWouldACustomerGet";
import { PhonePreview } from "../text/PhonePreview";
import { renderSample, sampleValues } from "../text/variables";
import { deskNow } from "../time/clock";
import { useChecked } from "../ui/form";
import { useUnsavedGuard } from "../ui/navigation";
import { Page } from "../ui/Page";
import { SaveBar } from "../ui/SaveBar";
import { PageLoader, Problem } from "../ui/State";
import { AwayFields } from "./AwayFields";
import { backAt, bodyFrom, type Draft, draftFrom, draftProblems, isChanged } from "./draft";
import { HoursFields } from "./HoursFields";
import { InactivityFields } from "./InactivityFields";
import { InForce } from "./InForce";
import { type CardProps, ReplyCard } from "./ReplyCard";

/** Where messages are shown, besides at the exceptions, of which there are as many as one likes. */
const PLACES = [
  "away",
  "inactivity",
  "office_hours.enabled",
  "office_hours.message",
  "office_hours.time_zone",
  "office_hours.exceptions",
  ...DAYS.map(({ key }) => `office_hours.week.${key}`),
];

const SAVED_WORDS: Record<NonNullable<MyAutoReply["in_force"]>, string> = {
  away: "Saved. Your away message is in force now.",
  office_hours: "Saved. You are outside your office hours: your text for that is in force now.",
  personal_inactivity:
    "Saved. Your own reply is on and goes before your organization's while you are inactive.",
  inactivity:
    "Saved. None of your own is in force now: your organization's reply applies, if it is on.",
};

function statusOf(saved: MyAutoReply, layer: PersonalLayer): CardProps["status"] {
  if (saved.in_force === layer) return "in_force";
  if (layer === "personal_inactivity") return saved.inactivity.enabled ? "on" : "off";
  if (layer === "office_hours") return saved.office_hours?.enabled ? "on" : "off";
  const { away } = saved;
  if (!away?.enabled) return "off";
  if (deskNow() < Date.parse(away.starts_at)) return "planned";
  return away.ends_at != null && Date.parse(away.ends_at) <= deskNow() ? "over" : "on";
}

const editable = ({ away, office_hours, inactivity }: MyAutoReply) =>
  JSON.stringify([away, office_hours, inactivity]);

function Form({ saved }: { saved: MyAutoReply }) {
  const { organization, user } = useSession();
  const fresh = (from: MyAutoReply) => draftFrom(from, organization.time_zone, deskNow());
  // What the draft began with: what is saved elsewhere meanwhile must not change it under one's hands.
  const [start, setStart] = useState(() => ({ saved, draft: fresh(saved) }));
  const [draft, setDraft] = useState<Draft>(start.draft);
  const [focused, setFocused] = useState<keyof Draft | null>(null);
  const unsaved = isChanged(draft, start.draft);
  useUnsavedGuard(unsaved);

  const startFrom = (from: MyAutoReply) => {
    const next = { saved: from, draft: fresh(from) };
    setStart(next);
    setDraft(next.draft);
    checked.forget();
  };

  const put = (body: MyAutoReplyInput) => ask(client.PUT("/api/v1/me/auto-reply", { body }));
  const refresh = (answer: MyAutoReply) => {
    queryClient.setQueryData(keys.myAutoReply, answer);
    void queryClient.invalidateQueries({ queryKey: keys.myPreview });
    void queryClient.invalidateQueries({ queryKey: keys.coverage });
  };
  const save = useMutation({
    mutationFn: () => put(bodyFrom(draft, start.draft, start.saved)),
    onSuccess: (answer) => {
      refresh(answer);
      startFrom(answer);
      notifications.show({
        message: answer.in_force
          ? SAVED_WORDS[answer.in_force]
          : "Saved. None of your replies speaks right now, so customers get none.",
      });
    },
  });
  const back = useMutation({
    mutationFn: () => put(backAt(saved, deskNow())),
    onSuccess: (answer) => {
      refresh(answer);
      // What else is being edited stays.
      const next = { saved: answer, draft: fresh(answer) };
      setStart(next);
      setDraft((known) => ({ ...known, away: next.draft.away }));
      notifications.show({ message: "Welcome back. Your away message has ended." });
    },
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "Your away message has not ended",
        message: asProblem(error).message,
      }),
  });

  const checked = useChecked({
    problems: draftProblems(draft, start.draft),
    error: save.error,
    places: PLACES,
    send: () => save.mutate(),
  });
  const { errorOf } = checked;
  if (!unsaved && editable(saved) !== editable(start.saved)) startFrom(saved);
  const samples = sampleValues({
    "organization.name": organization.name,
    "operator.name": user.name,
    "operator.first_name": user.name.split(/\s+/)[0],
  });
  const samplesOfAway = draft.away.endless ? { ...samples, back_at: "" } : samples;
  const samplesOfInactivity = { ...samples, back_at: "" };
  const set =
    <K extends keyof Draft>(key: K) =>
    (part: Partial<Draft[K]>) =>
      setDraft((known) => ({ ...known, [key]: { ...known[key], ...part } }));
  const card = (layer: PersonalLayer, key: keyof Draft, place: string) => ({
    status: statusOf(saved, layer),
    switchedOff: saved.switched_off.find(({ kind }) => kind === layer),
    enabled: draft[key].enabled,
    onEnabled: (enabled: boolean) => set(key)({ enabled }),
    onFocus: () => setFocused(key),
    wrong: errorOf(place) !== undefined,
  });
  const shown =
    focused ??
    (["away", "hours", "inactivity"] as const).find((key) => draft[key].enabled) ??
    "inactivity";
  const shownSamples = { away: samplesOfAway, hours: samples, inactivity: samplesOfInactivity };

  return (
    <>
      <InForce saved={saved} />
      <form {...checked.form} className={classes.grid}>
        <Stack gap="lg" miw={0}>
          <ReplyCard
            {...card("away", "away", "away")}
            order={1}
            title="Away"
            lead="For leave and time out. Sent on a customer's message whether or not you look at the desk, once per case, and not within 5 minutes of a person's message."
            switchLabel="Use my away message"
            action={
              saved.in_force === "away" && (
                <Button
                  size="xs"
                  leftSection={<IconDoorEnter size={16} aria-hidden />}
                  loading={back.isPending}
                  onClick={() => back.mutate()}
                >
                  I'm back
                </Button>
              )
            }
          >
            <AwayFields
              away={draft.away}
              onChange={set("away")}
              errorOf={errorOf}
              samples={samplesOfAway}
            />
          </ReplyCard>
          <ReplyCard
            {...card("office_hours", "hours", "office_hours")}
            order={2}
            title="Office hours"
            lead="Outside these hours a customer gets this text, once per case until you open again, unless you were active in the last 5 minutes."
            switchLabel="Use my office hours"
          >
            <HoursFields
              hours={draft.hours}
              onChange={set("hours")}
              errorOf={errorOf}
              samples={samples}
            />
          </ReplyCard>
          <ReplyCard
            {...card("personal_inactivity", "inactivity", "inactivity")}
            order={3}
            title="While inactive"
            lead={
              draft.hours.enabled
                ? "Inside your office hours, while you are inactive."
                : "Whenever you are inactive. Your organization's reply is not used for your cases then."
            }
            switchLabel="Reply with my own text when I am inactive"
          >
            <InactivityFields
              inactivity={draft.inactivity}
              onChange={set("inactivity")}
              errorOf={errorOf}
              samples={samplesOfInactivity}
            />
          </ReplyCard>
          <SaveBar
            unsaved={unsaved}
            saving={save.isPending}
            general={checked.general}
            onDiscard={() => {
              startFrom(saved);
              save.reset();
            }}
          />
        </Stack>
        <div className={classes.preview}>
          <PhonePreview
            sender={organization.name}
            text={renderSample(draft[shown].message, shownSamples[shown])}
            nothing="This reply of yours has no text yet."
          />
        </div>
      </form>
      <AskAboutMine />
    </>
  );
}

export default function AutoReplyProfile() {
  const { data, error, refetch } = useMyAutoReply();
  return (
    <Page
      wide
      trail={["Profile", "Auto Reply"]}
      lead="Your own replies to customers who text you while you are not there. They take precedence over your organization's, and nobody else can edit them."
    >
      {data ? (
        <Form saved={data} />
      ) : error ? (
        <Problem inner problem={asProblem(error)} retry={() => void refetch()} />
      ) : (
        <PageLoader />
      )}
    </Page>
  );
}
