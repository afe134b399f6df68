/** Settings > Organization > Coverage: for every operator, what a customer would get in the next seven days. */
import { Alert, Badge, Button, Group, Menu, Paper, Table, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconPower } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys, queryClient, useSession } from "../api/queries";
import type { Coverage, PersonalLayer } from "../api/types";
import { Dialog } from "../ui/Dialog";
import { Page } from "../ui/Page";
import { PageLoader, Problem, State } from "../ui/State";
import classes from "./Coverage.module.css";
import {
  layerWords,
  midnights,
  personalLayers,
  shareOf,
  spanWords,
  TONES,
  toneLabel,
  toneOf,
} from "./coverage";

interface Asked {
  operator: Coverage["operator"];
  layer: PersonalLayer;
}

function SwitchOffDialog({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const { operator, layer } = asked;
  const off = useMutation({
    mutationFn: () =>
      ask(
        client.POST("/api/v1/users/{id}/auto-reply/switch-off", {
          params: { path: { id: operator.id } },
          body: { kind: layer },
        }),
      ),
    onSuccess: () =>
      notifications.show({ message: `${operator.name}'s ${layerWords(layer)}: switched off.` }),
    onError: (error) =>
      notifications.show({
        color: "red",
        title: "Not switched off",
        message: asProblem(error).message,
      }),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: keys.coverage });
      void queryClient.invalidateQueries({ queryKey: keys.audit });
      void queryClient.invalidateQueries({ queryKey: keys.myAutoReply });
      void queryClient.invalidateQueries({ queryKey: keys.myPreview });
      onClose();
    },
  });
  return (
    <Dialog
      onClose={onClose}
      title={`Switch off ${operator.name}'s ${layerWords(layer)}?`}
      styles={{ title: { overflowWrap: "anywhere" } }}
    >
      <Text size="sm">
        It stops speaking at once. Its text stays as it is: only <bdi>{operator.name}</bdi> can
        change it or switch it on again, and sees that you switched it off, and when. The change is
        in the audit log.
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button color="red.9" loading={off.isPending} onClick={() => off.mutate()}>
          Switch off
        </Button>
      </Group>
    </Dialog>
  );
}

function Legend({ items }: { items: Coverage[] }) {
  const seen = new Set(items.flatMap(({ stretches }) => stretches.map(toneOf)));
  return (
    <ul className={classes.legend} aria-label="What the colours mean">
      {TONES.filter(({ tone }) => seen.has(tone)).map(({ tone, label }) => (
        <li key={tone}>
          <span className={classes.swatch} data-tone={tone} aria-hidden />
          {label}
        </li>
      ))}
    </ul>
  );
}

/** For the eye; the table says the same. */
function Strip({ coverage, timeZone }: { coverage: Coverage; timeZone: string }) {
  const { stretches } = coverage;
  const fromMs = Date.parse(stretches[0]!.from);
  const toMs = Date.parse(stretches.at(-1)!.to);
  const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short", timeZone });
  const starts = midnights(fromMs, toMs, timeZone);
  return (
    <div className={classes.strip} aria-hidden>
      <div className={classes.days}>
        {(starts[0]?.left ?? 0) > 5 && <span style={{ left: 0 }}>Today</span>}
        {starts.map(({ date, ms, left }) => (
          <span key={date} style={{ left: `${left}%` }}>
            {left < 94 && `${weekday.format(ms)} ${Number(date.slice(8))}`}
          </span>
        ))}
      </div>
      <div className={classes.bar}>
        {stretches.map((stretch) => {
          const { left, width } = shareOf(stretch, fromMs, toMs);
          const tone = toneOf(stretch);
          return (
            <span
              key={stretch.from}
              className={classes.stretch}
              data-tone={tone}
              style={{ left: `${left}%`, width: `${width}%` }}
              title={`${spanWords(Date.parse(stretch.from), Date.parse(stretch.to), timeZone)}: ${toneLabel(tone)}`}
            />
          );
        })}
        {starts.map(({ date, left }) => (
          <span key={date} className={classes.midnight} style={{ left: `${left}%` }} />
        ))}
      </div>
    </div>
  );
}

function Listed({ coverage, timeZone }: { coverage: Coverage; timeZone: string }) {
  return (
    <Table className={classes.list} verticalSpacing={6}>
      <Table.Caption className={classes.caption}>
        What a customer of <bdi>{coverage.operator.name}</bdi> would get; times in {timeZone}
      </Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>When</Table.Th>
          <Table.Th>A customer would get</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {coverage.stretches.map((stretch) => (
          <Table.Tr key={stretch.from}>
            <Table.Td>
              {spanWords(Date.parse(stretch.from), Date.parse(stretch.to), timeZone)}
            </Table.Td>
            <Table.Td>
              <span className={classes.swatch} data-tone={toneOf(stretch)} aria-hidden />
              {toneLabel(toneOf(stretch))}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function OperatorCard({
  coverage,
  onSwitchOff,
}: {
  coverage: Coverage;
  onSwitchOff: (layer: PersonalLayer) => void;
}) {
  const { organization } = useSession();
  const id = useId();
  const [listed, setListed] = useState(false);
  const { operator, gap } = coverage;
  const timeZone = coverage.time_zone ?? organization.time_zone;
  const layers = personalLayers(coverage.set_up);
  return (
    <Paper
      withBorder
      component="section"
      aria-labelledby={`${id}-name`}
      className={classes.operator}
      data-gap={gap ? true : undefined}
    >
      <div className={classes.top}>
        <Title order={2} id={`${id}-name`} className={classes.name}>
          <bdi>{operator.name}</bdi>
        </Title>
        <div className={classes.setUp}>
          {layers.length === 0 ? (
            <Text size="sm" c="dimmed">
              No Auto Reply of their own
            </Text>
          ) : (
            layers.map((layer) => <Badge key={layer}>{layerWords(layer)}</Badge>)
          )}
        </div>
        <Text size="sm" c="dimmed">
          {timeZone}
        </Text>
      </div>
      {gap && (
        <Alert color="yellow" p="sm" icon={<IconAlertTriangle aria-hidden />}>
          {gap}
        </Alert>
      )}
      {coverage.stretches.length > 0 && <Strip coverage={coverage} timeZone={timeZone} />}
      <Group gap="xs" className={classes.tools}>
        <Button
          size="compact-sm"
          variant="subtle"
          className={classes.asList}
          aria-expanded={listed}
          aria-controls={`${id}-list`}
          aria-label={`${listed ? "Hide the list" : "Show as a list"}, ${operator.name}`}
          onClick={() => setListed((known) => !known)}
        >
          {listed ? "Hide the list" : "Show as a list"}
        </Button>
        {layers.length > 0 && (
          <Menu position="bottom-start" width={240}>
            <Menu.Target>
              <Button
                size="compact-sm"
                variant="subtle"
                leftSection={<IconPower size={14} aria-hidden />}
                aria-label={`Switch off a reply of ${operator.name}`}
              >
                Switch off…
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {layers.map((layer) => (
                <Menu.Item key={layer} onClick={() => onSwitchOff(layer)}>
                  Switch off: {layerWords(layer)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
      <div id={`${id}-list`} className={classes.listBox} data-shown={listed || undefined}>
        <Listed coverage={coverage} timeZone={timeZone} />
      </div>
    </Paper>
  );
}

export function CoveragePage() {
  const [asked, setAsked] = useState<Asked | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: keys.coverage,
    queryFn: async ({ signal }) => (await ask(client.GET("/api/v1/coverage", { signal }))).items,
    staleTime: 0,
  });
  return (
    <Page
      wide
      trail={["Settings", "Organization", "Coverage"]}
      lead="What a customer would get from each operator's cases in the next seven days, if the operator were not there. Gaps are marked: replies are set up, but none speaks."
    >
      {data ? (
        data.length === 0 ? (
          <State inner kind="empty" title="No operators yet" />
        ) : (
          <>
            <Legend items={data} />
            <div className={classes.operators}>
              {data.map((coverage) => (
                <OperatorCard
                  key={coverage.operator.id}
                  coverage={coverage}
                  onSwitchOff={(layer) => setAsked({ operator: coverage.operator, layer })}
                />
              ))}
            </div>
          </>
        )
      ) : error ? (
        <Problem inner problem={asProblem(error)} retry={() => void refetch()} />
      ) : (
        <PageLoader />
      )}
      {asked && <SwitchOffDialog asked={asked} onClose={() => setAsked(null)} />}
    </Page>
  );
}
