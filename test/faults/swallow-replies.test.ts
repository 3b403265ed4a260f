import { afterAll, expect, inject, test } from "vitest";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";
import { swallowReplies } from "./swallow-replies.ts";

const schema = schemaFor(import.meta.url);

afterAll(() => dropSchema(inject("databaseUrl"), schema));

test("a turn whose reply is swallowed is there exactly once", async () => {
  let done = 0;
  const faults = await swallowReplies(inject("databaseUrl"), schema, 200, (count) => (done = count));
  expect(faults).toEqual([]);
  expect(done).toBe(200);
});
