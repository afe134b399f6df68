import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./ui/global.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { listenForInput } from "./activity/listen";
import { App } from "./app";
import { styleNonce } from "./ui/nonce";

// The scroll lock of dialogs adds a style element of its own and looks for the nonce here.
Object.assign(window, { __webpack_nonce__: styleNonce });

listenForInput();

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
