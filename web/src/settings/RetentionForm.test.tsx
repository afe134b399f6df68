import { fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Retention } from "../api/types";
import { type Seen, serve, show, signedIn } from "../testing/render";
import { RetentionForm } from "./RetentionForm";
import { type Draft, deletes, draftErrors, draftFrom } from "./retention";

signedIn();

const SAVED: Retention = {
  messages_days: null,
  decisions_days: null,
  events_days: 1,
  version: 3,
  updated_at: "2026-11-18T12:00:00Z",
  updated_by: null,
};

describe("draftErrors", () => {
  const table: [string, Partial<Draft>, string[]][] = [
    ["as saved", {}, []],
    ["the shortest", { messages_days: 8, decisions_days: 8 }, []],
    ["the longest", { messages_days: 3_650, events_days: 365 }, []],
    ["a week", { messages_days: 7, decisions_days: 7 }, ["messages_days", "decisions_days"]],
    ["nothing typed", { messages_days: "", events_days: "" }, ["messages_days", "events_days"]],
    ["more than 10 years", { messages_days: 3_651 }, ["messages_days"]],
    ["half a day", { decisions_days: 8.5 }, ["decisions_days"]],
    ["longer than messages", { messages_days: 30, decisions_days: 31 }, ["decisions_days"]],
    ["no events", { events_days: 0 }, ["events_days"]],
    ["more than a year of events", { events_days: 366 }, ["events_days"]],
  ];
  it.each(table)("%s", (_, change, fields) => {
    expect(Object.keys(draftErrors({ ...draftFrom(SAVED), ...change }))).toEqual(fields);
  });
});

describe("deletes", () => {
  const was = { messages_days: 90, decisions_days: 30, events_days: 1 };
  const table: [string, Partial<Draft>, number][] = [
    ["the same", {}, 0],
    ["longer, or for ever", { messages_days: 91, decisions_days: null }, 0],
    ["shorter messages", { messages_days: 89 }, 1],
    ["both shorter", { messages_days: 60, decisions_days: 8 }, 2],
  ];
  it.each(table)("%s", (_, change, count) => {
    expect(deletes({ ...was, ...change }, was)).toHaveLength(count);
  });
});

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const puts = (seen: Seen[]) => seen.filter(({ method }) => method === "PUT");

describe("RetentionForm", () => {
  it("asks before it deletes anything, and saves on top of the version that was read", async () => {
    const seen = serve(({ body }) => ({
      status: 200,
      body: { ...SAVED, ...(body as object), version: 4 },
    }));
    show(<RetentionForm saved={SAVED} />);
    fireEvent.click(screen.getByLabelText(/Delete old messages/));
    press("Save");
    await screen.findByText(/messages that are older than 365 days/);
    expect(puts(seen)).toEqual([]);
    press("Cancel");
    await waitFor(() => expect(screen.queryByText("Delete what is older?")).toBeNull());
    expect(screen.getByText("Not saved yet")).toBeTruthy();
    press("Save");
    fireEvent.click(await screen.findByRole("button", { name: "Save and delete" }));
    await waitFor(() => expect(screen.queryByText("Not saved yet")).toBeNull());
    expect(puts(seen)).toMatchObject([
      {
        path: "/api/v1/organization/retention",
        ifMatch: '"3"',
        body: { messages_days: 365, decisions_days: null, events_days: 1 },
      },
    ]);
  });

  it("saves what deletes nothing without asking", async () => {
    const seen = serve(({ body }) => ({
      status: 200,
      body: { ...SAVED, ...(body as object), version: 4 },
    }));
    show(<RetentionForm saved={{ ...SAVED, messages_days: 90 }} />);
    fireEvent.click(screen.getByLabelText(/Delete old messages/));
    press("Save");
    await waitFor(() => expect(puts(seen)).toHaveLength(1));
  });

  it("says that someone else was faster", async () => {
    serve(({ ifMatch, body }) =>
      ifMatch
        ? { status: 412, body: {} }
        : { status: 200, body: { ...SAVED, ...(body as object), version: 5 } },
    );
    show(<RetentionForm saved={{ ...SAVED, messages_days: 90 }} />);
    fireEvent.click(screen.getByLabelText(/Delete old messages/));
    press("Save");
    await screen.findByText("Someone else changed this");
    press("Save mine over it");
    await waitFor(() => expect(screen.queryByText("Someone else changed this")).toBeNull());
  });
});
