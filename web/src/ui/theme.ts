/** Colours and defaults, chosen so that text keeps a contrast of 4.5 in light and dark. */
import {
  ActionIcon,
  Alert,
  Badge,
  type CSSVariablesResolver,
  createTheme,
  Loader,
  type MantineColorsTuple,
  Menu,
  Modal,
  Notification,
  Tooltip,
} from "@mantine/core";

const tide: MantineColorsTuple = [
  "#ebf6f8",
  "#d5eaee",
  "#a9d4dc",
  "#7bbdc9",
  "#56a9b8",
  "#3f9cad",
  "#2b8799",
  "#16697a",
  "#105766",
  "#0a4653",
];

/** Mantine's own are white in the dark, and then an error looks like a hint. */
const ALERT_TONES: Record<string, string> = {
  red: "var(--desk-bad)",
  yellow: "var(--desk-warn)",
  tide: "var(--mantine-color-anchor)",
};

export const theme = createTheme({
  primaryColor: "tide",
  primaryShade: { light: 7, dark: 7 },
  colors: { tide },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.35rem" }, h2: { fontSize: "1.05rem" } },
  },
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" } }),
    Alert: Alert.extend({
      vars: (_, { color }) => ({ root: { "--alert-color": ALERT_TONES[color ?? ""] } }),
      styles: {
        root: { background: "var(--desk-surface)", border: "1px solid var(--alert-color)" },
        title: { color: "var(--mantine-color-text)" },
        message: { color: "var(--mantine-color-text)" },
      },
    }),
    Badge: Badge.extend({ defaultProps: { variant: "default", tt: "none", fw: 500 } }),
    Loader: Loader.extend({ defaultProps: { type: "dots" } }),
    // Menus stay where their button is: in a landmark, and right after it for a screen reader.
    Menu: Menu.extend({
      defaultProps: { withinPortal: false, withInitialFocusPlaceholder: false },
    }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
        // The heading of a dialog is no banner of the page.
        attributes: { header: { role: "presentation" } },
      },
      styles: { title: { fontWeight: 600 } },
    }),
    Notification: Notification.extend({
      defaultProps: { closeButtonProps: { "aria-label": "Dismiss" } },
      styles: { description: { color: "var(--mantine-color-text)" } },
    }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: true } }),
  },
});

/** Where Mantine's own shades are too faint for small text. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#566069",
    "--mantine-color-placeholder": "#68727b",
    "--mantine-color-error": "#c02626",
    "--mantine-color-anchor": "#13606f",
    "--desk-surface": "#f6f8f9",
    "--desk-line": "#dfe4e7",
    "--desk-selected": "#e3f1f4",
    "--desk-customer": "#eef1f3",
    "--desk-operator": "#dcf0f4",
    "--desk-auto": "#fff8e6",
    "--desk-auto-line": "#d9b65c",
    "--desk-good": "#1f7a3d",
    "--desk-warn": "#8f5a00",
    "--desk-bad": "#c02626",
  },
  dark: {
    "--mantine-color-dimmed": "#a8b0b7",
    "--mantine-color-placeholder": "#939ba3",
    "--mantine-color-error": "#ff9c9c",
    "--mantine-color-anchor": "#7bcbdb",
    "--desk-surface": "#1b1d1f",
    "--desk-line": "#3a3e42",
    "--desk-selected": "#153840",
    "--desk-customer": "#323639",
    "--desk-operator": "#12414b",
    "--desk-auto": "#3a3117",
    "--desk-auto-line": "#8d7431",
    "--desk-good": "#7fd59a",
    "--desk-warn": "#f0be62",
    "--desk-bad": "#ff9c9c",
  },
});
