import { describe, expect, it } from "vitest";
import { fieldSentence, generalMessage, problemFrom } from "./problem";

describe("problemFrom", () => {
  const table: [string, number, unknown, string, Record<string, string>][] = [
    ["detail", 409, { title: "Conflict", detail: "Opted out." }, "Opted out.", {}],
    ["title", 409, { title: "Conflict" }, "Conflict", {}],
    ["nothing", 403, null, "You are not allowed to do this.", {}],
    ["text instead of JSON", 502, "<html>", "The server answered with an error (502).", {}],
    [
      "fields",
      422,
      {
        detail: "Two fields are wrong.",
        errors: [
          { field: "message", message: "Too long." },
          { field: "message", message: "Unknown variable." },
          { field: 3, message: "ignored" },
          null,
        ],
      },
      "Two fields are wrong.",
      { message: "Too long. Unknown variable." },
    ],
  ];
  it.each(table)("%s", (_, status, body, message, fields) => {
    const problem = problemFrom(status, body);
    expect(problem.message).toBe(message);
    expect(problem.fields).toEqual(fields);
  });
});

describe("generalMessage", () => {
  it("is the detail if no field is named", () => {
    expect(generalMessage(problemFrom(409, { detail: "No." }), ["a"])).toBe("No.");
  });
  it("is nothing if every field is shown beside its input", () => {
    const problem = problemFrom(422, { detail: "x", errors: [{ field: "a", message: "Bad." }] });
    expect(generalMessage(problem, ["a"])).toBeNull();
  });
  it("names fields that the form does not show", () => {
    const problem = problemFrom(422, { detail: "x", errors: [{ field: "b", message: "Bad." }] });
    expect(generalMessage(problem, ["a"])).toBe("b: Bad.");
  });
});

describe("fieldSentence", () => {
  const table: [string, string][] = [
    ["must be 1 to 60", "Must be 1 to 60."],
    ["is not a phone number", "This is not a phone number."],
    ["has an unknown variable {{ x }}", "This has an unknown variable {{ x }}."],
    ["A whole sentence already.", "A whole sentence already."],
    ["is it?", "This is it?"],
  ];
  it.each(table)("%s", (message, sentence) => {
    expect(fieldSentence(message)).toBe(sentence);
  });
});
