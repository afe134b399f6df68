import { fireEvent, screen } from "@testing-library/react";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { show, signedIn } from "../testing/render";
import { ReplyEditor } from "./ReplyEditor";
import { sampleValues } from "./variables";

signedIn();

function Editor({ start }: { start: string }) {
  const [value, setValue] = useState(start);
  return (
    <ReplyEditor
      label="Text"
      value={value}
      onChange={setValue}
      samples={sampleValues()}
      example="An example."
    />
  );
}

const field = () => screen.getByLabelText<HTMLTextAreaElement>("Text");
const words = () => document.body.textContent ?? "";

describe("ReplyEditor", () => {
  // text, what the page says about it
  const table: [string, string, string[]][] = [
    ["plain", "Hello there", ["11 of 1,600 characters", "GSM-7", "1 SMS segment"]],
    [
      "variables are counted as filled in",
      "{{ operator.first_name }} is away",
      ["33 of 1,600 characters", "with sample values 11 characters", "1 SMS segment"],
    ],
    ["an unknown variable", "{{ operator.age }}", ["no variable {{ operator.age }}"]],
    ["an emoji has no plain stand-in", "Hi 😀", ["😀 is not in the basic SMS alphabet", "UCS-2"]],
    ["too long", "a".repeat(1601), ["At most 1,600 characters; these are 1,601"]],
  ];
  it.each(table)("%s", (_, text, expected) => {
    show(<Editor start={text} />);
    for (const part of expected) expect(words()).toContain(part);
  });

  it("says what a curly apostrophe costs and makes it plain at one press (R22)", () => {
    show(<Editor start={`I’m away. ${"a".repeat(90)}`} />);
    expect(words()).toContain("UCS-2 · 2 SMS segments");
    expect(words()).toContain("1 instead of 2 SMS segments");
    fireEvent.click(screen.getByRole("button", { name: "Replace with plain characters" }));
    expect(field().value.startsWith("I'm away.")).toBe(true);
    expect(words()).toContain("GSM-7 · 1 SMS segment");
    expect(screen.queryByRole("button", { name: "Replace with plain characters" })).toBeNull();
  });

  it("offers the example for an empty text", () => {
    show(<Editor start="" />);
    fireEvent.click(screen.getByRole("button", { name: "Use the example" }));
    expect(field().value).toBe("An example.");
  });

  it("inserts a variable where the cursor is", async () => {
    show(<Editor start="Hi , hello" />);
    field().setSelectionRange(3, 3);
    fireEvent.click(screen.getByRole("button", { name: "Insert variable" }));
    fireEvent.click(await screen.findByText("{{ customer.first_name }}"));
    expect(field().value).toBe("Hi {{ customer.first_name }}, hello");
  });
});
