import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import type { InactivityReply } from "../api/types";
import { type Seen, serve, show, signedIn } from "../testing/render";
import { LeaveDialog } from "../ui/LeaveDialog";
import { go, navigate } from "../ui/navigation";
import { draftErrors, draftFrom, InactivityReplyForm } from "./InactivityReplyForm";

signedIn();
afterEach(() => go("/", { replace: true }));

const SAVED: InactivityReply = {
  enabled: false,
  threshold_minutes: 10,
  message: "I'm away.",
  while_waiting: true,
  quiet_minutes: 0,
  respect_secondary: false,
  version: 3,
  updated_at: "2026-11-18T12:00:00Z",
  updated_by: { id: "sam", name: "Sam" },
  example_message: "An example.",
};

const form = () =>
  show(
    <>
      <InactivityReplyForm saved={SAVED} />
      <LeaveDialog />
    </>,
  );
const turnOn = () => fireEvent.click(screen.getByLabelText(/Reply automatically/));
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const puts = (seen: Seen[]) => seen.filter(({ method }) => method === "PUT");

describe("draftErrors (R21-R23)", () => {
  const table: [string, Partial<ReturnType<typeof draftFrom>>, string[]][] = [
    ["as saved", {}, []],
    ["1 minute", { threshold_minutes: 1 }, []],
    ["7 days", { threshold_minutes: 10_080 }, []],
    ["no threshold", { threshold_minutes: "" }, ["threshold_minutes"]],
    ["0 minutes", { threshold_minutes: 0 }, ["threshold_minutes"]],
    ["more than 7 days", { threshold_minutes: 10_081 }, ["threshold_minutes"]],
    ["half a minute", { threshold_minutes: 0.5 }, ["threshold_minutes"]],
    ["no quiet period", { quiet_minutes: "" }, ["quiet_minutes"]],
    ["only spaces", { message: "  " }, ["message"]],
    ["an unknown variable", { message: "{{ x }}" }, ["message"]],
  ];
  it.each(table)("%s", (_, change, fields) => {
    expect(Object.keys(draftErrors({ ...draftFrom(SAVED), ...change }))).toEqual(fields);
  });
});

describe("InactivityReplyForm", () => {
  it("saves every field, on top of the version that was read", async () => {
    const seen = serve(({ body }) => ({
      status: 200,
      body: { ...SAVED, ...(body as object), version: 4 },
    }));
    form();
    expect(screen.getByRole("button", { name: "Save" }).getAttribute("aria-disabled")).toBe("true");
    turnOn();
    expect(screen.getByText("Not saved yet")).toBeTruthy();
    press("Save");
    await waitFor(() => expect(screen.queryByText("Not saved yet")).toBeNull());
    expect(puts(seen)).toMatchObject([
      {
        path: "/api/v1/organization/inactivity-reply",
        ifMatch: '"3"',
        body: {
          enabled: true,
          threshold_minutes: 10,
          message: "I'm away.",
          while_waiting: true,
          quiet_minutes: 0,
          respect_secondary: false,
        },
      },
    ]);
  });

  it("shows each field's message at the field", async () => {
    serve(() => ({
      status: 422,
      body: {
        detail: "Two fields.",
        errors: [
          { field: "message", message: "The text is wrong." },
          { field: "threshold_minutes", message: "The threshold is wrong." },
        ],
      },
    }));
    form();
    turnOn();
    press("Save");
    await screen.findByText("The text is wrong.");
    expect(screen.getByText("The threshold is wrong.")).toBeTruthy();
    expect(screen.getByLabelText("Text of the reply").getAttribute("aria-invalid")).toBe("true");
  });

  it("says that someone else was faster, and saves over them only when told to", async () => {
    const seen = serve(({ ifMatch, body }) =>
      ifMatch
        ? { status: 412, body: {} }
        : { status: 200, body: { ...SAVED, ...(body as object), version: 5 } },
    );
    form();
    turnOn();
    press("Save");
    await screen.findByText("Someone else changed this");
    press("Save mine over it");
    await waitFor(() => expect(screen.queryByText("Someone else changed this")).toBeNull());
    expect(puts(seen).map(({ ifMatch }) => ifMatch)).toEqual(['"3"', null]);
  });

  it("asks before unsaved changes are left, and stays or goes as told", async () => {
    go("/settings/organization/inactivity-message-reply");
    form();
    turnOn();
    navigate("/settings/users");
    await screen.findByText("Leave without saving?");
    expect(window.location.pathname).toBe("/settings/organization/inactivity-message-reply");
    press("Stay on this page");
    await waitFor(() => expect(screen.queryByText("Leave without saving?")).toBeNull());
    expect(screen.getByText("Not saved yet")).toBeTruthy();
    navigate("/settings/users");
    await screen.findByText("Leave without saving?");
    press("Leave without saving");
    expect(window.location.pathname).toBe("/settings/users");
  });

  it("asks before the tab is closed with unsaved changes only", () => {
    form();
    const closing = () => {
      const event = new Event("beforeunload", { cancelable: true });
      window.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(closing()).toBe(false);
    turnOn();
    expect(closing()).toBe(true);
    press("Discard changes");
    expect(closing()).toBe(false);
  });
});
