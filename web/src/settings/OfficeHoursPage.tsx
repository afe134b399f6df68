/** Settings > Organization > Office hours: the default grid, which operators can take over. */
import { Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient, useDefaultHours, useSession } from "../api/queries";
import type { DefaultHours, OpenWeek } from "../api/types";
import { GridFields } from "../hours/GridFields";
import { byDate, DAYS, exceptionProblems, sorted, weekProblems, workingWeek } from "../hours/week";
import { isZone } from "../time/zones";
import { useChecked } from "../ui/form";
import { useUnsavedGuard } from "../ui/navigation";
import { Page } from "../ui/Page";
import { SaveBar } from "../ui/SaveBar";
import { PageLoader, Problem } from "../ui/State";

const PLACES = ["time_zone", "exceptions", ...DAYS.map(({ key }) => `week.${key}`)];

function problemsOf({ time_zone, week, exceptions }: DefaultHours): Record<string, string> {
  return {
    ...(isZone(time_zone) ? {} : { time_zone: "Choose a time zone from the list." }),
    ...weekProblems(week),
    ...exceptionProblems(exceptions),
  };
}

function tidied({ time_zone, week, exceptions }: DefaultHours): DefaultHours {
  const days = DAYS.map(({ key }) => [key, sorted(week[key])]);
  return { time_zone, week: Object.fromEntries(days) as unknown as OpenWeek, exceptions };
}

function Form({ saved }: { saved: DefaultHours | null }) {
  const { organization } = useSession();
  const [base, setBase] = useState<DefaultHours>(() =>
    saved
      ? { ...saved, exceptions: byDate(saved.exceptions) }
      : { time_zone: organization.time_zone, week: workingWeek(), exceptions: [] },
  );
  const [draft, setDraft] = useState(base);
  const unsaved = JSON.stringify(draft) !== JSON.stringify(base);
  useUnsavedGuard(unsaved);

  const save = useMutation({
    mutationFn: () => ask(client.PUT("/api/v1/organization/office-hours", { body: tidied(draft) })),
    onSuccess: ({ office_hours }) => {
      queryClient.setQueryData(keys.officeHours, office_hours);
      void queryClient.invalidateQueries({ queryKey: keys.audit });
      if (office_hours) {
        const next = { ...office_hours, exceptions: byDate(office_hours.exceptions) };
        setBase(next);
        setDraft(next);
      }
      checked.forget();
      notifications.show({
        message: "Saved. Operators can take these hours over; who already has keeps their copy.",
      });
    },
  });
  const checked = useChecked({
    problems: problemsOf(draft),
    error: save.error,
    places: PLACES,
    send: () => save.mutate(),
  });

  return (
    <form {...checked.form}>
      <Stack gap="lg">
        {!saved && (
          <Text size="sm">
            None are set yet. This is a suggestion: change what differs, and save it.
          </Text>
        )}
        <GridFields
          order={2}
          grid={draft}
          onChange={(part) => setDraft((known) => ({ ...known, ...part }))}
          errorOf={checked.errorOf}
        />
        <SaveBar
          unsaved={unsaved}
          saving={save.isPending}
          general={checked.general}
          savesUnchanged={saved === null}
          onDiscard={() => {
            setDraft(base);
            checked.forget();
            save.reset();
          }}
        />
      </Stack>
    </form>
  );
}

export function OfficeHoursPage() {
  const { data, error, refetch } = useDefaultHours();
  return (
    <Page
      trail={["Settings", "Organization", "Office hours"]}
      lead="When your organization is usually open. By itself this sends nothing: every operator decides in their profile whether to use office hours, and can take these over with one click."
    >
      {data !== undefined ? (
        <Form saved={data} />
      ) : error ? (
        <Problem inner problem={asProblem(error)} retry={() => void refetch()} />
      ) : (
        <PageLoader />
      )}
    </Page>
  );
}
