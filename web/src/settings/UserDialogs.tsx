/** Adding a user, changing one, setting a new password. */
import { Alert, Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { keys, queryClient } from "../api/queries";
import type { Role, User } from "../api/types";
import { Dialog, FormButtons } from "../ui/Dialog";
import { missing, useChecked } from "../ui/form";
import { SecretInput } from "../ui/SecretInput";
import { type HandTo, handedTo, OpenCases } from "./OpenCases";
import { addUser, patchUser, ROLES } from "./users";

const PASSWORD_HINT =
  "At least 8 characters; 15 or more are better. A few words in a row make a good one.";

interface UserDialogProps {
  /** Null adds a new one. */
  user: User | null;
  isMe: boolean;
  onClose: () => void;
}

export function UserDialog({ user, isMe, onClose }: UserDialogProps) {
  const [name, setName] = useState(user?.name ?? "");
  const [email, setEmail] = useState(user?.email ?? "");
  const [roles, setRoles] = useState<Role[]>(user ? [...user.roles] : ["operator"]);
  const [password, setPassword] = useState("");
  const [choice, setChoice] = useState<HandTo>("colleague");
  const [colleague, setColleague] = useState<string | null>(null);
  // Whoever may not work on cases any more has some to hand over.
  const leaves = user !== null && user.open_cases > 0 && !roles.includes("operator");
  const save = useMutation({
    mutationFn: () => {
      const body = {
        name: name.trim(),
        email: email.trim(),
        roles,
        ...(leaves ? handedTo(choice, colleague) : {}),
      };
      return user ? patchUser(user.id, body) : addUser({ ...body, password });
    },
    onSuccess: (saved) => {
      if (isMe) void queryClient.invalidateQueries({ queryKey: keys.session });
      notifications.show({
        message: user ? `${saved.name} is changed.` : `${saved.name} is added.`,
      });
      onClose();
    },
  });
  const { form, errorOf, general } = useChecked({
    problems: {
      ...missing({
        name: [name, "Enter their name."],
        email: [email, "Enter their e-mail address."],
        ...(user ? {} : { password: [password, "Enter a first password for them."] }),
      }),
      ...(roles.length === 0 ? { roles: "Choose at least one role." } : {}),
      ...(leaves ? choiceProblem(choice, colleague) : {}),
    },
    error: save.error,
    places: ["name", "email", "roles", "password", "hand_open_cases_to"],
    send: () => save.mutate(),
  });
  return (
    <Dialog onClose={onClose} title={user ? `Edit ${user.name}` : "Add a user"}>
      <form {...form}>
        <Stack>
          {general && (
            <Alert color="red" role="alert">
              {general}
            </Alert>
          )}
          <TextInput
            label="Name"
            description={"Customers may see it, and its first word, through variables."}
            required
            withAsterisk={false}
            data-autofocus
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errorOf("name")}
          />
          <TextInput
            label="E-mail"
            type="email"
            required
            withAsterisk={false}
            autoComplete="off"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={errorOf("email")}
          />
          <Checkbox.Group
            label="Roles"
            value={roles}
            onChange={(value) => setRoles(value as Role[])}
            error={errorOf("roles")}
          >
            <Stack gap="xs" mt={6}>
              {ROLES.map((role) => (
                <Checkbox
                  key={role.value}
                  value={role.value}
                  label={role.label}
                  description={role.words}
                />
              ))}
            </Stack>
          </Checkbox.Group>
          {leaves && (
            <OpenCases
              user={user}
              choice={choice}
              onChoice={setChoice}
              colleague={colleague}
              onColleague={setColleague}
              error={errorOf("hand_open_cases_to")}
              canStay
            />
          )}
          {!user && (
            <SecretInput
              label="First password"
              description={PASSWORD_HINT}
              autoComplete="new-password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              error={errorOf("password")}
            />
          )}
          <FormButtons onCancel={onClose} loading={save.isPending}>
            {user ? "Save" : "Add"}
          </FormButtons>
        </Stack>
      </form>
    </Dialog>
  );
}

interface LeavingProps {
  user: User;
  onClose: () => void;
}

/** Says what deactivating does, and what becomes of their open cases. */
export function DeactivateDialog(props: LeavingProps) {
  return <Leaving {...props} deactivates />;
}

/** Hands over what somebody left. */
export function HandOverDialog(props: LeavingProps) {
  return <Leaving {...props} deactivates={false} />;
}

function Leaving({ user, onClose, deactivates }: LeavingProps & { deactivates: boolean }) {
  const [choice, setChoice] = useState<HandTo>("colleague");
  const [colleague, setColleague] = useState<string | null>(null);
  const has = user.open_cases > 0;
  const save = useMutation({
    mutationFn: () =>
      patchUser(user.id, {
        ...(deactivates ? { active: false } : {}),
        ...(has ? handedTo(choice, colleague) : {}),
      }),
    onSuccess: () => {
      notifications.show({
        message: deactivates
          ? `${user.name} is deactivated.`
          : `${user.name} has no open cases any more.`,
      });
      onClose();
    },
  });
  const { form, errorOf, general } = useChecked({
    problems: has ? choiceProblem(choice, colleague) : {},
    error: save.error,
    places: ["hand_open_cases_to"],
    send: () => save.mutate(),
  });
  return (
    <Dialog
      onClose={onClose}
      title={deactivates ? `Deactivate ${user.name}?` : `Hand over the cases of ${user.name}`}
    >
      <form {...form}>
        <Stack>
          {general && (
            <Alert
              color="red"
              role="alert"
              title={deactivates ? "Not deactivated" : "Not handed over"}
            >
              {general}
            </Alert>
          )}
          {deactivates && (
            <Text size="sm">
              They are signed out at once, cannot sign in and count as inactive from now on. Nothing
              of their history is lost, and you can activate them again.
            </Text>
          )}
          <OpenCases
            user={user}
            choice={choice}
            onChoice={setChoice}
            colleague={colleague}
            onColleague={setColleague}
            error={errorOf("hand_open_cases_to")}
            canStay={deactivates}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} data-autofocus>
              Cancel
            </Button>
            <Button
              type="submit"
              color={deactivates ? "red.9" : undefined}
              loading={save.isPending}
            >
              {deactivates ? "Deactivate" : "Hand over"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function choiceProblem(choice: HandTo, colleague: string | null): Record<string, string> {
  return choice === "colleague" && colleague === null
    ? { hand_open_cases_to: "Choose who gets the cases." }
    : {};
}

export function PasswordDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const [endTokens, setEndTokens] = useState(false);
  const save = useMutation({
    mutationFn: () => patchUser(user.id, { password, end_tokens: endTokens }),
    onSuccess: () => {
      notifications.show({ message: `${user.name} has a new password.` });
      onClose();
    },
  });
  const { form, errorOf, general } = useChecked({
    problems: missing({ password: [password, "Enter a password."] }),
    error: save.error,
    places: ["password"],
    send: () => save.mutate(),
  });
  return (
    <Dialog onClose={onClose} title={`New password for ${user.name}`}>
      <form {...form}>
        <Stack>
          {general && (
            <Alert color="red" role="alert">
              {general}
            </Alert>
          )}
          <SecretInput
            label="New password"
            description={PASSWORD_HINT}
            data-autofocus
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={errorOf("password")}
          />
          <Checkbox
            label="End their API tokens, too"
            description="Scripts that use them stop working."
            checked={endTokens}
            onChange={(event) => setEndTokens(event.currentTarget.checked)}
          />
          <FormButtons onCancel={onClose} loading={save.isPending}>
            Set the password
          </FormButtons>
        </Stack>
      </form>
    </Dialog>
  );
}
