/** Which keys do what, and the switch for single letters. */
import { Kbd, Modal, Switch, Table } from "@mantine/core";
import { useShortcutsEnabled } from "./shortcuts";

const SHORTCUTS: [keys: string[], does: string][] = [
  [["↑", "↓"], "Move through the inbox"],
  [["Enter"], "Open the case"],
  [["/"], "Search the inbox"],
  [["r"], "Reply to the open case"],
  [["Ctrl", "Enter"], "Send the message"],
  [["?"], "Show these shortcuts"],
];

export function ShortcutsDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [enabled, setEnabled] = useShortcutsEnabled();
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts">
      <Table mb="md">
        <Table.Tbody>
          {SHORTCUTS.map(([keys, does]) => (
            <Table.Tr key={does}>
              <Table.Td w={130}>
                {keys.map((key, index) => (
                  <span key={key}>
                    {index > 0 && " "}
                    <Kbd>{key}</Kbd>
                  </span>
                ))}
              </Table.Td>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Switch
        label="Single-key shortcuts"
        description="/, r and ? act without Ctrl. Turn this off if you dictate by voice."
        checked={enabled}
        onChange={(event) => setEnabled(event.currentTarget.checked)}
      />
    </Modal>
  );
}
