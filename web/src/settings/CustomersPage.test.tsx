import { fireEvent, renderHook, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Customer } from "../api/types";
import { changeFilter, useFilter } from "../inbox/filter";
import { serve, show, signedIn } from "../testing/render";
import { CustomersPage } from "./CustomersPage";
import { EraseDialog, plainNumber } from "./EraseDialog";

signedIn();

const CARLA: Customer = {
  id: "carla",
  name: "Carla Diaz",
  phone: "+15551230001",
  phone_display: "+1 555 123 0001",
  opted_out_at: null,
  opted_out_by: null,
  created_at: "2026-11-18T12:00:00Z",
};

describe("plainNumber", () => {
  it.each([
    ["+15551230001", "+15551230001"],
    ["+1 (555) 123-0001", "+15551230001"],
    ["\u202d+1\u00a0555\u2011123\u20110001\u202c", "+15551230001"],
    [" ACME ", "ACME"],
  ])("%s", (typed, plain) => {
    expect(plainNumber(typed)).toBe(plain);
  });
});

describe("CustomersPage", () => {
  it("lists customers, each with an export to download", async () => {
    serve(() => ({ status: 200, body: { items: [CARLA], next_cursor: null } }));
    show(<CustomersPage />);
    fireEvent.click(await screen.findByRole("button", { name: "Actions for Carla Diaz" }));
    const link = await screen.findByRole("menuitem", { name: "Export everything" });
    expect(link.getAttribute("href")).toBe("/api/v1/customers/carla/export");
    expect(link.getAttribute("download")).toBe("customer-carla.json");
  });

  it("leads to a customer's open cases, whatever the inbox showed before (U64)", async () => {
    serve(() => ({ status: 200, body: { items: [CARLA], next_cursor: null } }));
    changeFilter({ status: "closed", waiting: true });
    show(<CustomersPage />);
    fireEvent.click(await screen.findByRole("button", { name: "Actions for Carla Diaz" }));
    const link = await screen.findByRole("menuitem", { name: "Show their open cases" });
    expect(link.getAttribute("href")).toBe("/");
    fireEvent.click(link);
    const { result } = renderHook(useFilter);
    expect(result.current[0]).toMatchObject({
      assignedTo: "all",
      status: "open",
      waiting: false,
      q: "+1 555 123 0001",
    });
  });

  it("says that nobody was found", async () => {
    serve(() => ({ status: 200, body: { items: [], next_cursor: null } }));
    show(<CustomersPage />);
    fireEvent.change(screen.getByLabelText("Search"), { target: { value: "Nobody" } });
    await screen.findByText("Nobody found");
  });
});

describe("EraseDialog", () => {
  const erase = () => screen.getByRole<HTMLButtonElement>("button", { name: "Erase for good" });
  const type = (value: string) =>
    fireEvent.change(screen.getByRole("textbox"), { target: { value } });

  it("erases only after the number was typed", async () => {
    const seen = serve(() => ({
      status: 200,
      body: { cases: 1, messages: 2, opt_out_kept: false },
    }));
    let closed = false;
    show(<EraseDialog customer={CARLA} onClose={() => (closed = true)} />);
    expect(erase().disabled).toBe(true);
    type("+15551230002");
    expect(erase().disabled).toBe(true);
    type("+1 555 123 0001");
    fireEvent.click(erase());
    await waitFor(() => expect(closed).toBe(true));
    expect(seen).toMatchObject([{ method: "DELETE", path: "/api/v1/customers/carla" }]);
  });

  it("says why it could not, and stays", async () => {
    serve(() => ({ status: 409, body: { detail: "A message is being handed over." } }));
    show(<EraseDialog customer={CARLA} onClose={() => {}} />);
    type(CARLA.phone);
    fireEvent.click(erase());
    await screen.findByText("A message is being handed over.");
  });
});
