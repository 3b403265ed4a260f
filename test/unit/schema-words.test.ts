import { inspect } from "node:util";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createState, InMemoryCheckpointer, ValidationError } from "../../src/index.ts";
import type { AnyFields, AnotherOptions } from "../../src/conformance/subject.ts";
import { rejected } from "../rejected.ts";

type Schema = NonNullable<AnotherOptions["state"]>;

const secret = "SECRET-of-a-user";

/** A schema whose check answers this. */
function answering(validate: (fields: AnyFields) => unknown): Schema {
  return {
    "~standard": { version: 1, vendor: "a test", validate: (fields) => validate(fields as AnyFields) as never },
  };
}

const refusing = (path: unknown[]): Schema => answering(() => ({ issues: [{ message: `no ${secret}`, path }] }));

const named = v.map(v.string(), v.number());

/** What a schema refuses: the schema, the fields, and the place that the error must name. */
const refusals: Readonly<Record<string, readonly [schema: unknown, fields: AnyFields, field: string]>> = {
  "valibot quotes what it received": [v.object({ tier: v.picklist(["a", "b"]) }), { tier: secret }, "state.tier"],
  "valibot, of a value in a Map": [v.object({ named }), { named: new Map([[secret, "x"]]) }, "state.named[0]"],
  "valibot, of a later value in a Map": [
    v.object({ named: v.map(v.string(), v.object({ list: v.array(v.number()) })) }),
    {
      named: new Map<string, unknown>([
        ["a", { list: [1] }],
        [secret, { list: [1, secret] }],
      ]),
    },
    "state.named[1].list[1]",
  ],
  "valibot, of a key of a Map": [v.object({ named }), { named: new Map([[{ secret }, 1]]) }, "state.named"],
  "valibot, of what stands in a Set": [
    v.object({ set: v.set(v.object({ n: v.number() })) }),
    { set: new Set([{ n: secret }]) },
    "state.set",
  ],
  "valibot, of a field that is missing": [v.object({ plan: v.string() }), {}, "state.plan"],
  "valibot, of a field that is missing in a list": [
    v.object({ plan: v.array(v.object({ name: v.string() })) }),
    { plan: [{ name: "a" }, {}] },
    "state.plan[1].name",
  ],
  "zod, of a value in a Map": [
    z.object({ named: z.map(z.string(), z.number()) }),
    { named: new Map([[secret, "x"]]) },
    "state.named[0]",
  ],
  "zod, of an odd key of a record": [
    z.object({ record: z.record(z.string(), z.number()) }),
    { record: { "odd key": "x" } },
    `state.record["odd key"]`,
  ],
  "zod, of a field that it does not know": [z.strictObject({}), { other: secret }, "state"],
  "words of the schema's own": [
    z.object({ tier: z.string().refine(() => false, { error: ({ input }) => `not ${String(input)}` }) }),
    { tier: secret },
    "state.tier",
  ],
  "a path made of values": [refusing(["tier", secret]), { tier: secret }, "state.tier"],
  "a path made of a value of a list": [refusing([secret]), { list: [secret] }, "state"],
  "a path made of a key of a Map": [refusing([{ key: secret }]), { named: new Map([[secret, 1]]) }, "state"],
  "a path of no keys": [refusing([null, undefined, {}, { key: { secret } }, () => secret]), { tier: 1 }, "state"],
  "no issue at all": [answering(() => ({ issues: [] })), { tier: secret }, "state"],
  "a message that throws when it is read": [
    answering(() => ({
      issues: [
        {
          get message() {
            throw new Error(secret);
          },
          path: ["tier"],
        },
      ],
    })),
    { tier: secret },
    "state.tier",
  ],
  "a schema that throws": [
    answering(() => {
      throw new TypeError(secret);
    }),
    { tier: secret },
    "state",
  ],
  "a schema that is rejected": [answering(() => Promise.reject(new TypeError(secret))), { tier: secret }, "state"],
  "an answer that throws when it is read": [
    answering(() => ({
      get issues() {
        throw new TypeError(secret);
      },
    })),
    { tier: secret },
    "state",
  ],
};

describe("an error about custom fields names the field by its place, and quotes neither value nor schema", () => {
  test.each(Object.entries(refusals))("%s", async (_, [schema, fields, field]) => {
    const checkpointer = new InMemoryCheckpointer<AnyFields>({ state: schema as Schema });
    const error = await rejected(
      checkpointer.putState({ threadId: "t" }, createState<AnyFields>(fields)),
      ValidationError,
    );
    expect(error.field).toBe(field);
    expect(error.message).toMatch(/schema/);
    expect(inspect(error, { depth: Infinity, showHidden: true, getters: true })).not.toContain(secret.slice(2));
    expect(await checkpointer.getThread({ threadId: "t" })).toBe(null);
  });
});
