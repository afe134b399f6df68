/** The way in. */
import { Alert, Button, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconAlertCircle, IconClockPause } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { noteSignIn } from "../activity/listen";
import { ask, client } from "../api/client";
import { queryClient, sessionQuery } from "../api/queries";
import { missing, useChecked } from "../ui/form";
import { Logo } from "../ui/Logo";
import { useTabTitle } from "../ui/PageTitle";
import { SecretInput } from "../ui/SecretInput";
import { DemoPeople } from "./DemoPeople";
import classes from "./SignIn.module.css";

interface SignInProps {
  /** Somebody was signed in here until a moment ago, and did not sign out. */
  ended: boolean;
}

export function SignIn({ ended }: SignInProps) {
  useTabTitle("Sign in");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [shownAt] = useState(() => performance.now());
  const signIn = useMutation({
    mutationFn: (who: { email: string; password: string }) =>
      ask(client.POST("/api/v1/session", { body: who })),
    onSuccess: async () => {
      noteSignIn(shownAt);
      // What an earlier person looked at is not shown to the next.
      queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
      await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
    },
  });
  const { form, errorOf, general } = useChecked({
    problems: missing({
      email: [email, "Enter your e-mail address."],
      password: [password, "Enter your password."],
    }),
    error: signIn.error,
    places: ["email", "password"],
    send: () => signIn.mutate({ email, password }),
  });

  return (
    <main className={classes.page}>
      <Stack w="100%" maw={380} gap="lg">
        <Logo size={40} />
        <Paper withBorder p="xl" radius="lg" className={classes.card}>
          <form {...form}>
            <Stack>
              <div>
                <Title order={1}>Sign in</Title>
                <Text c="dimmed" size="sm">
                  to your organization's desk
                </Text>
              </div>
              {ended && !general && (
                <Alert icon={<IconClockPause aria-hidden />} role="status">
                  Your session ended. Sign in to go on where you were.
                </Alert>
              )}
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
                error={errorOf("email")}
              />
              <SecretInput
                label="Password"
                name="password"
                autoComplete="current-password"
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                error={errorOf("password")}
              />
              <Button type="submit" loading={signIn.isPending} fullWidth>
                Sign in
              </Button>
            </Stack>
          </form>
        </Paper>
        <DemoPeople
          busy={signIn.isPending}
          onChoose={({ email: known, password: theirs }) =>
            signIn.mutate({ email: known, password: theirs })
          }
        />
        <Text c="dimmed" size="sm" ta="center">
          Forgot your password? A System Admin of your organization can set a new one.
        </Text>
      </Stack>
    </main>
  );
}
