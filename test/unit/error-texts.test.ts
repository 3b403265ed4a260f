import { describe, expect, test } from "vitest";
import { InMemoryCheckpointer, PgCheckpointer, type PgCheckpointerOptions } from "../../src/index.ts";

describe("an error says what is wrong in the words of the option itself", () => {
  const wrong: readonly (readonly [name: string, value: unknown, text: string])[] = [
    ["redisUrl", "localhost:6379", "options.redisUrl: expected redis://user:password@host:6379/0, or rediss://"],
    ["cacheTtl", 0, "options.cacheTtl: expected a whole number from 1 to 31536000"],
    ["redisTimeoutMs", 1, "options.redisTimeoutMs: expected a whole number from 10 to 60000"],
    ["durability", "async", 'options.durability: "async" needs a hot layer; give redisUrl, redis or hotLog'],
    ["pgPool", {}, "options.pgPool: expected a Pool of `pg`, or a PGlite"],
    ["state", {}, "options.state: expected a Standard Schema, such as one of zod, valibot or arktype"],
    ["releaseResources", "yes", "options.releaseResources: expected boolean, got a string"],
    ["shema", "agents", "options.shema: is not known here"],
  ];

  test.each(wrong)("%s", (name, value, text) => {
    const options = { [name]: value } as PgCheckpointerOptions<object>;
    expect(() => new PgCheckpointer(options)).toThrow(text);
  });
});

describe("an error of a call", () => {
  const checkpointer = new InMemoryCheckpointer({ requireUserId: true });
  const config = { threadId: "original", userId: "alice" };

  test("says what is missing, and no more", async () => {
    const call = checkpointer.getThread({ threadId: "original" });
    await expect(call).rejects.toThrow(/^config\.userId: is missing$/);
  });

  test("says of a fork onto a thread that exists what to do about it", async () => {
    await checkpointer.putThread(config);
    const call = checkpointer.forkThread(config, config);
    await expect(call).rejects.toThrow(/^to\.threadId: there is a thread of this id already; choose another id$/);
    await expect(call).rejects.toMatchObject({ code: "AGENITY_CONFLICT", expected: 0 });
  });
});
