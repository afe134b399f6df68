/** Settings > Organization > General: its name, its time zone, and the country whose numbers people write short. */
import { Select, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient } from "../api/queries";
import type { Organization } from "../api/types";
import { ZoneSelect } from "../hours/ZoneSelect";
import { missing, useChecked } from "../ui/form";
import { useUnsavedGuard } from "../ui/navigation";
import { Page } from "../ui/Page";
import { SaveBar } from "../ui/SaveBar";
import { PageLoader, Problem } from "../ui/State";
import { COUNTRIES } from "./countries";

const FIELDS = ["name", "time_zone", "country"] as const;

/** Only what was changed is sent: a country that nobody chose goes on following the first number. */
function changes(draft: Organization, saved: Organization) {
  const changed = FIELDS.filter((field) => draft[field] !== saved[field]);
  return Object.fromEntries(changed.map((field) => [field, draft[field]]));
}

function Form({ saved }: { saved: Organization }) {
  const [draft, setDraft] = useState(saved);
  const unsaved = Object.keys(changes(draft, saved)).length > 0;
  useUnsavedGuard(unsaved);
  const save = useMutation({
    mutationFn: () => ask(client.PATCH("/api/v1/organization", { body: changes(draft, saved) })),
    onSuccess: (organization) => {
      queryClient.setQueryData(keys.organization, organization);
      void queryClient.invalidateQueries({ queryKey: keys.session });
      void queryClient.invalidateQueries({ queryKey: keys.audit });
      setDraft(organization);
      notifications.show({ message: "Saved." });
    },
  });
  const { form, errorOf, general, forget } = useChecked({
    problems: missing({ name: [draft.name, "Enter the organization's name."] }),
    error: save.error,
    places: FIELDS,
    send: () => save.mutate(),
  });
  return (
    <form {...form}>
      <Stack gap="lg">
        <TextInput
          label="Name"
          description="Customers read it where a reply says who writes."
          autoComplete="organization"
          required
          withAsterisk={false}
          maxLength={100}
          maw={420}
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
          error={errorOf("name")}
        />
        <ZoneSelect
          label="Time zone"
          value={draft.time_zone}
          onChange={(time_zone) => setDraft({ ...draft, time_zone })}
          error={errorOf("time_zone")}
        />
        <Select
          label="Country"
          description="Phone numbers that are written without a country code are numbers of this country."
          placeholder="None: numbers need their country code"
          searchable
          allowDeselect={false}
          nothingFoundMessage="No country of that name"
          comboboxProps={{ withinPortal: false }}
          styles={{ wrapper: { maxWidth: 320 } }}
          data={COUNTRIES}
          value={draft.country ?? null}
          onChange={(country) => country && setDraft({ ...draft, country })}
          error={errorOf("country")}
        />
        <SaveBar
          unsaved={unsaved}
          saving={save.isPending}
          general={general}
          onDiscard={() => {
            setDraft(saved);
            forget();
            save.reset();
          }}
        />
      </Stack>
    </form>
  );
}

export function GeneralPage() {
  const { data, error, refetch } = useQuery({
    queryKey: keys.organization,
    queryFn: ({ signal }) => ask(client.GET("/api/v1/organization", { signal })),
  });
  return (
    <Page
      trail={["Settings", "Organization", "General"]}
      lead="What your organization is called, which clock it goes by, and where its customers' numbers are from."
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
