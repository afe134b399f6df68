import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderSample, sampleValues, variableProblem } from "./variables";

describe("renderSample", () => {
  const values = sampleValues({ "customer.first_name": "" });
  const table: [string, string][] = [
    ["  Hi there.  ", "Hi there."],
    ["{{ operator.first_name }} is away.", "Ana is away."],
    ["{{operator.name}} is away.", "Ana Gómez is away."],
    ["Hi {{ customer.first_name }} there", "Hi there"],
    ["{{ nobody }} here", "{{ nobody }} here"],
    ["Two  spaces stay without variables", "Two  spaces stay without variables"],
  ];
  it.each(table)("%s", (text, rendered) => {
    expect(renderSample(text, values)).toBe(rendered);
  });

  const promises: [string, string, string][] = [
    ["Thanks! Back {{ back_at }}. Bye.", "Thanks! Back Monday at 9:00 AM. Bye.", "Thanks! Bye."],
    ["Hello,\nback {{back_at}}\nAna", "Hello,\nback Monday at 9:00 AM\nAna", "Hello,\nAna"],
    ["V 1.5 is out. {{ back_at }}", "V 1.5 is out. Monday at 9:00 AM", "V 1.5 is out."],
    [
      'Back {{ back_at | default: "soon" }}. Bye.',
      "Back Monday at 9:00 AM. Bye.",
      "Back soon. Bye.",
    ],
    ["I am back {{ back_at }}.", "I am back Monday at 9:00 AM.", "I am back."],
    ["{{ back_at }}", "Monday at 9:00 AM", ""],
  ];
  it.each(promises)("never a wrong promise: %s", (text, known, unknown) => {
    expect(renderSample(text, values)).toBe(known);
    expect(renderSample(text, { ...values, back_at: "" })).toBe(unknown);
  });

  it("cuts at a word when filled-in values make it too long", () => {
    const rendered = renderSample(
      `{{ organization.name }} ${"word ".repeat(318)}`,
      sampleValues({ "organization.name": "A long name of an organization" }),
    );
    expect(rendered.length).toBeLessThanOrEqual(1600);
    expect(rendered.endsWith("word…")).toBe(true);
    const smiles = renderSample(`${"😀".repeat(900)}{{ customer.first_name }}`, values);
    expect(smiles).toBe(`${"😀".repeat(799)}…`);
  });

  // The table of the server's own test.
  const missing: [string, string][] = JSON.parse(
    readFileSync("../crates/domain/tests/missing_values.json", "utf8"),
  );
  it.each(missing)("what is missing leaves nothing behind: %j", (text, sent) => {
    const known = {
      ...values,
      "operator.name": "Ana",
      "case.number": "17",
      "organization.name": "Acme",
    };
    expect(renderSample(text, known)).toBe(sent);
  });
});

describe("variableProblem", () => {
  const table: [string, string | null][] = [
    ["plain", null],
    ["{{ case.number }} and {{organization.name}}", null],
    ["{{ case.numbr }}", "{{ case.numbr }}"],
    ["{{ a }} {{ b }} {{ a }}", "{{ a }}, {{ b }}"],
    ["{{ case.number", "never closed"],
    ['Hi {{ customer.first_name | default: "there" }}', null],
    ["Hi {{customer.first_name|default:'there'}}", null],
    ["Hi {{ customer.first_name | default: there }}", "A default is written"],
    ["Hi {{ customer.first_name | upcase }}", "A default is written"],
    ["braces } without opening }}", null],
  ];
  it.each(table)("%s", (text, problem) => {
    if (problem === null) expect(variableProblem(text)).toBeNull();
    else expect(variableProblem(text)).toContain(problem);
  });
});
