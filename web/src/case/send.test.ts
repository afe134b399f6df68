import { describe, expect, it } from "vitest";
import { outcomeOf } from "./send";

const answer = (status: number, headers: Record<string, string> = {}) =>
  new Response(null, { status, headers });
const problem = { detail: "A sentence.", errors: [] };
const message = { id: "m", body: "Hello" };

describe("what an answer means for a text", () => {
  const table: [
    what: string,
    response: Response,
    data: unknown,
    error: unknown,
    outcome: object,
  ][] = [
    ["stored", answer(201), message, undefined, { kind: "taken", message }],
    ["a repeated key", answer(200), message, undefined, { kind: "taken", message }],
    ["somebody else's 200", answer(200), { login: true }, undefined, { kind: "unanswered" }],
    ["nothing in it", answer(204), undefined, undefined, { kind: "unanswered" }],
    [
      "opted out, or a key of another text",
      answer(409),
      undefined,
      problem,
      { kind: "refused", sentence: "A sentence.", certain: true },
    ],
    [
      "the case is gone",
      answer(404),
      undefined,
      null,
      {
        kind: "refused",
        sentence: "This does not exist, or it belongs to someone else.",
        certain: true,
      },
    ],
    [
      "not allowed any more",
      answer(403),
      undefined,
      problem,
      { kind: "refused", sentence: "A sentence.", certain: false },
    ],
    [
      "a wrong text",
      answer(422),
      undefined,
      { errors: [{ field: "body", message: "must have at most 1,600 characters" }] },
      { kind: "refused", sentence: "Must have at most 1,600 characters.", certain: true },
    ],
    ["an expired session", answer(401), undefined, problem, { kind: "signed_out" }],
    [
      "too many",
      answer(429, { "Retry-After": "7" }),
      undefined,
      problem,
      { kind: "busy", sentence: "A sentence.", afterMs: 7_000, unsure: false },
    ],
    [
      "took too long: it may have been done",
      answer(503, { "Retry-After": "3600" }),
      undefined,
      problem,
      { kind: "busy", sentence: "A sentence.", afterMs: 30_000, unsure: true },
    ],
    [
      "a date instead of seconds",
      answer(503, { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" }),
      undefined,
      problem,
      { kind: "busy", sentence: "A sentence.", afterMs: 0, unsure: true },
    ],
    ["a fault", answer(500), undefined, problem, { kind: "unanswered" }],
    ["a proxy without its server", answer(502), undefined, "<html>", { kind: "unanswered" }],
    ["a proxy that waited", answer(504), undefined, "<html>", { kind: "unanswered" }],
  ];
  it.each(table)("%s", (_, response, data, error, outcome) => {
    expect(outcomeOf(response, data, error)).toEqual(outcome);
  });
});
