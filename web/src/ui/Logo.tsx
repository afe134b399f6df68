/** The name and its mark. */
import { Group, Text } from "@mantine/core";

export function Logo({ size = 26 }: { size?: number }) {
  return (
    <Group gap={8} wrap="nowrap">
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <path
          fill="var(--mantine-color-tide-7)"
          d="M7 3h18a5 5 0 0 1 5 5v11a5 5 0 0 1-5 5H14l-7.2 5.2A.5.5 0 0 1 6 28.8V24a4.6 4.6 0 0 1-4-4.6V8a5 5 0 0 1 5-5Z"
        />
        <circle cx="16" cy="13.5" r="6.5" fill="none" stroke="#fff" strokeWidth="2.2" />
        <path
          fill="none"
          stroke="#fff"
          strokeLinecap="round"
          strokeLinejoin="round"
          strokeWidth="2.2"
          d="M16 10v3.7l2.5 1.6"
        />
      </svg>
      <Text component="span" fw={700} fz={size > 30 ? 22 : 17} lh={1} lts="-0.01em">
        Backsoon
      </Text>
    </Group>
  );
}
