/** Asks before a page with unsaved changes is left. */
import { Button, Group, Modal, Text } from "@mantine/core";
import { useHeldNavigation } from "./navigation";

export function LeaveDialog() {
  const held = useHeldNavigation();
  return (
    <Modal opened={held !== null} onClose={() => held?.stay()} title="Leave without saving?">
      <Text size="sm">
        Your changes on this page are not saved yet. If you leave, they are lost.
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={() => held?.leave()}>
          Leave without saving
        </Button>
        <Button data-autofocus onClick={() => held?.stay()}>
          Stay on this page
        </Button>
      </Group>
    </Modal>
  );
}
