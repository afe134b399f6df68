/** The way in. */
import { Alert, Button, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "../api/client";
import { asProblem, generalMessage } from "../api/problem";
import { queryClient, sessionQuery } from "../api/queries";
import { Logo } from "../ui/Logo";
import { useTabTitle } from "../ui/PageTitle";
import { SecretInput } from "../ui/SecretInput";
import classes from "./SignIn.module.css";

export function SignIn() {
  useTabTitle("Sign in");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => ask(client.POST("/api/v1/session", { body: { email, password } })),
    onSuccess: async () => {
      // What an earlier person looked at is not shown to the next.
      queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
      await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
    },
  });
  const problem = signIn.error ? asProblem(signIn.error) : null;
  const general = problem && generalMessage(problem, ["email", "password"]);

  return (
    <main className={classes.page}>
      <Stack w="100%" maw={380} gap="lg">
        <Logo size={40} />
        <Paper withBorder p="xl" radius="lg" className={classes.card}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              signIn.mutate();
            }}
          >
            <Stack>
              <div>
                <Title order={1}>Sign in</Title>
                <Text c="dimmed" size="sm">
                  to your organization's desk
                </Text>
              </div>
              {general && (
                <Alert color="red" icon={<IconAlertCircle aria-hidden />} role="alert">
                  {general}
                </Alert>
              )}
              <TextInput
                label="E-mail"
                type="email"
                name="email"
                autoComplete="username"
                autoFocus
                required
                withAsterisk={false}
                value={email}
                onChange={(event) => setEmail(event.currentTarget.value)}
                error={problem?.fields.email}
              />
              <SecretInput
                label="Password"
                name="password"
                autoComplete="current-password"
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                error={problem?.fields.password}
              />
              <Button type="submit" loading={signIn.isPending} fullWidth>
                Sign in
              </Button>
            </Stack>
          </form>
        </Paper>
        <Text c="dimmed" size="sm" ta="center">
          Forgot your password? A System Admin of your organization can set a new one.
        </Text>
      </Stack>
    </main>
  );
}
