import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  InMemoryCheckpointer,
  InvalidConfigError,
  PgCheckpointer,
  type PgCheckpointerOptions,
} from "../../src/index.ts";
import { thrown } from "../rejected.ts";

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

describe("a folder that is no folder is refused at once, without a word of it", () => {
  const secret = "a-password";
  const wrong = [
    `postgresql://user:${secret}@host:5432/database`,
    `postgres:user:${secret}@host/database`,
    `POSTGRESQL://user:${secret}@host/database`,
    `redis://user:${secret}@host:6379/0`,
    `user:${secret}@host/database`,
    `host=localhost user=somebody password=${secret}`,
    `host=localhost password = '${secret}'`,
    ` postgresql://user:${secret}@host/database`,
    `a\0${secret}`,
  ];

  test.each(wrong)("%j", (dataDir) => {
    const error = thrown(() => new PgCheckpointer({ dataDir }), InvalidConfigError);
    expect(error.field).toBe("options.dataDir");
    expect(error.message).toBe(
      "options.dataDir: expected a folder, or memory://; the address of a server belongs into postgresDsn or redisUrl",
    );
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(secret);
  });

  test.each(["./sessions", "/tmp/a b", "C:\\sessions", "C:/sessions", "memory://", "memory://named", "a:b", "@host"])(
    "%j is one",
    (dataDir) => {
      expect(() => new PgCheckpointer({ dataDir })).not.toThrow();
    },
  );
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
