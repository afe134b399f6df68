/** Adding a user, changing one, setting a new password. */
import { Alert, Button, Checkbox, Group, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { keys, queryClient } from "../api/queries";
import type { Role, User } from "../api/types";
import { Dialog } from "../ui/Dialog";
import { missing, useChecked } from "../ui/form";
import { SecretInput } from "../ui/SecretInput";
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
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), email: email.trim(), roles };
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
    },
    error: save.error,
    places: ["name", "email", "roles", "password"],
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
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending}>
              {user ? "Save" : "Add"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

export function PasswordDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const save = useMutation({
    mutationFn: () => patchUser(user.id, { password }),
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
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending}>
              Set the password
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
