/** In the demo, and nowhere else: the people as whom one can sign in with one press. */
import { Button, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ask, client } from "../api/client";
import type { DemoPerson } from "../api/types";
import classes from "./SignIn.module.css";

interface DemoProps {
  busy: boolean;
  onChoose: (person: DemoPerson) => void;
}

export function DemoPeople({ busy, onChoose }: DemoProps) {
  // A real desk has no such people, and is not asked for them. Pages from Vite's own server do not say which it is.
  const real = document.querySelector("meta[name=demo]")?.getAttribute("content") === "no";
  const { data } = useQuery({
    queryKey: ["session", "demo-people"],
    queryFn: async ({ signal }) => (await ask(client.GET("/api/v1/dev/people", { signal }))).items,
    enabled: !real,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!data) return null;
  return (
    <Paper withBorder p="md" radius="lg" component="section" aria-labelledby="demo-people">
      <Title order={2} id="demo-people" size="h4">
        A demo: come in as one of these
      </Title>
      <Stack gap={6} mt="sm">
        {data.map((person) => (
          <Button
            key={person.email}
            variant="default"
            h="auto"
            py={8}
            justify="flex-start"
            aria-disabled={busy || undefined}
            onClick={() => busy || onChoose(person)}
          >
            <span className={classes.person}>
              <span>{person.name}</span>{" "}
              <Text span size="sm" c="dimmed" fw={400}>
                {person.about}
              </Text>
            </span>
          </Button>
        ))}
      </Stack>
    </Paper>
  );
}
