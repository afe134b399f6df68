import { fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Channel, Operator } from "../api/types";
import { type Seen, serve, show, signedIn } from "../testing/render";
import { assignProblem, assignToOf, choiceFrom, offered } from "./assignTo";
import { AddChannelDialog } from "./ChannelDialogs";
import { NewCustomersDialog, NewCustomersLine } from "./NewCustomers";

signedIn();

const OPERATORS: Operator[] = [
  { id: "ana", name: "Ana Torres", active: true },
  { id: "ben", name: "Ben Schulz", active: false },
  { id: "chloe", name: "Chloe Martin", active: true },
];

const channel = (assign_to: string): Channel => ({
  id: "one",
  kind: "twilio",
  number: "+12065550199",
  number_display: "+1 206 555 0199",
  active: true,
  account_sid: `AC${"5".repeat(32)}`,
  webhook_url: "https://desk.example/webhooks/twilio/messages",
  paused_reason: null,
  assign_to,
  created_at: "2026-11-18T12:00:00Z",
});

const refusal = (field: string, message: string) => ({
  status: 422,
  body: { title: "Not valid", errors: [{ field, message }] },
});

/** A server with these operators that says this to a change; everything else is the number. */
function server(patched: (body: unknown) => { status: number; body?: unknown }) {
  return serve(({ method, path, body }) => {
    if (path === "/api/v1/operators") return { status: 200, body: { items: OPERATORS } };
    if (path.endsWith("/check")) {
      return { status: 200, body: { seen: "active", sentence: "It is active." } };
    }
    if (method === "PATCH") return patched(body);
    return { status: method === "POST" ? 201 : 200, body: channel("nobody") };
  });
}

const saved = (body: unknown) => ({
  status: 200,
  body: { ...channel("nobody"), ...(body as object) },
});
const changes = (seen: Seen[]) =>
  seen.filter(({ method }) => method === "PATCH").map(({ body }) => body);
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const choose = (name: string) => fireEvent.click(screen.getByRole("radio", { name }));
const picker = () => screen.getByRole<HTMLInputElement>("combobox");
async function pick(name: string) {
  fireEvent.click(picker());
  fireEvent.click(await screen.findByRole("option", { name }));
}

describe("the choice (R28)", () => {
  it.each(["nobody", "in_turn", "0198f3a0-0000-7000-8000-000000000000"])("%s stays", (to) => {
    expect(assignToOf(choiceFrom(to))).toBe(to);
  });

  it("wants an operator to be named", () => {
    expect(assignProblem({ way: "operator", operator: null })).toEqual({
      assign_to: "Choose an operator.",
    });
    expect(assignProblem({ way: "nobody", operator: null })).toEqual({});
  });

  const names: [string | null, string[]][] = [
    [null, ["Ana Torres", "Chloe Martin"]],
    ["chloe", ["Ana Torres", "Chloe Martin"]],
    ["ben", ["Ben Schulz (deactivated)", "Ana Torres", "Chloe Martin"]],
    ["gone", ["Somebody (no operator any more)", "Ana Torres", "Chloe Martin"]],
  ];
  it.each(names)("offers active operators while %s is named", (chosen, expected) => {
    const options = offered(OPERATORS, chosen);
    expect(options.map(({ label }) => label)).toEqual(expected);
    const others = options.filter(({ disabled }) => !disabled).map(({ label }) => label);
    expect(others).toEqual(["Ana Torres", "Chloe Martin"]);
  });
});

describe("NewCustomersLine", () => {
  const instead = "As long as that is so, they go to operators in turn.";
  it.each([
    ["nobody", "nobody: they wait until somebody takes them."],
    ["in_turn", "operators in turn."],
    ["ana", "Ana Torres."],
    ["ben", `Ben Schulz (deactivated). ${instead}`],
    ["gone", `Somebody (no operator any more). ${instead}`],
  ])("%s", async (to, words) => {
    server(saved);
    const { container } = show(<NewCustomersLine channel={channel(to)} />);
    await waitFor(() =>
      expect(container.textContent).toContain(`Texts from new customers go to ${words}`),
    );
  });
});

describe("NewCustomersDialog", () => {
  it("asks who before anything is sent, at the field, and saves whom one named", async () => {
    const seen = server(saved);
    let closed = false;
    show(<NewCustomersDialog channel={channel("nobody")} onClose={() => (closed = true)} />);
    const current = screen.getByRole("radio", { name: "Nobody" });
    await waitFor(() => expect(document.activeElement).toBe(current));
    choose("A named operator");
    press("Save");
    await screen.findByText("Choose an operator.");
    await waitFor(() => expect(document.activeElement).toBe(picker()));
    expect(picker().getAttribute("aria-invalid")).toBe("true");
    expect(changes(seen)).toEqual([]);
    await pick("Chloe Martin");
    press("Save");
    await waitFor(() => expect(closed).toBe(true));
    expect(changes(seen)).toEqual([{ assign_to: "chloe" }]);
  });

  it.each([
    ["Nobody", "nobody"],
    ["Operators in turn", "in_turn"],
  ])("saves %s, whoever was named before", async (label, assign_to) => {
    const seen = server(saved);
    show(<NewCustomersDialog channel={channel("ana")} onClose={() => {}} />);
    choose(label);
    press("Save");
    await waitFor(() => expect(changes(seen)).toEqual([{ assign_to }]));
  });

  it("shows who is deactivated with what holds, and does not offer them", async () => {
    server(saved);
    show(<NewCustomersDialog channel={channel("ben")} onClose={() => {}} />);
    await waitFor(() => expect(picker().value).toBe("Ben Schulz (deactivated)"));
    screen.getByText(/As long as that is so, they go to operators in turn/);
    await pick("Ana Torres");
    expect(picker().value).toBe("Ana Torres");
    expect(screen.queryByText(/As long as that is so/)).toBeNull();
  });

  it("says at the field why the server refuses, until one chooses anew", async () => {
    server(() => refusal("assign_to", "is no active operator of this organization"));
    show(<NewCustomersDialog channel={channel("nobody")} onClose={() => {}} />);
    choose("A named operator");
    await pick("Ana Torres");
    press("Save");
    await screen.findByText("This is no active operator of this organization.");
    expect(picker().getAttribute("aria-invalid")).toBe("true");
    await pick("Chloe Martin");
    await waitFor(() => expect(screen.queryByText(/This is no active operator/)).toBeNull());
  });
});

describe("AddChannelDialog", () => {
  const fill = () => {
    const type = (label: string | RegExp, value: string) =>
      fireEvent.change(screen.getByLabelText(label), { target: { value } });
    type("Phone number", "+12065550199");
    type("Account SID", `AC${"5".repeat(32)}`);
    type("Auth token", "a token");
  };

  it("adds a number whose new customers go to nobody, unless one chooses", async () => {
    const seen = server(saved);
    show(<AddChannelDialog onClose={() => {}} />);
    fill();
    press("Add the number");
    await screen.findByText("+1 206 555 0199 is added");
    expect(changes(seen)).toEqual([]);
  });

  it("saves the choice with the number", async () => {
    const seen = server(saved);
    show(<AddChannelDialog onClose={() => {}} />);
    fill();
    choose("Operators in turn");
    press("Add the number");
    await screen.findByText("+1 206 555 0199 is added");
    expect(changes(seen)).toEqual([{ assign_to: "in_turn" }]);
    expect(screen.queryByText(/go to nobody for now/)).toBeNull();
  });

  it("adds nothing while an operator has to be named", async () => {
    const seen = server(saved);
    show(<AddChannelDialog onClose={() => {}} />);
    fill();
    choose("A named operator");
    press("Add the number");
    await screen.findByText("Choose an operator.");
    expect(seen.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  it("says that the number is added where its choice is refused, and adds it once", async () => {
    const seen = server(() => refusal("assign_to", "is no active operator of this organization"));
    show(<AddChannelDialog onClose={() => {}} />);
    fill();
    choose("A named operator");
    await pick("Ana Torres");
    press("Add the number");
    await screen.findByText("+1 206 555 0199 is added");
    screen.getByText("Texts from new customers go to nobody for now");
    screen.getByText(/This is no active operator of this organization. Choose again/);
    const added = seen.filter(({ method, path }) => method === "POST" && !path.endsWith("/check"));
    expect(added.length).toBe(1);
  });
});
