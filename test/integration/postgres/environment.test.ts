import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createState, InvalidConfigError, PgCheckpointer } from "../../../src/index.ts";
import { thrown } from "../../rejected.ts";
import { Database } from "./database.ts";

const database = new Database(import.meta.url);

beforeEach(() => {
  for (const name of ["DATABASE_URL", "CACHE_URL", "CACHE_TTL"]) vi.stubEnv(name, undefined);
});

afterEach(() => vi.unstubAllEnvs());

describe("PgCheckpointer.fromEnv()", () => {
  test("needs DATABASE_URL alone, and takes every other option", async () => {
    vi.stubEnv("DATABASE_URL", database.url);
    await using checkpointer = PgCheckpointer.fromEnv({ schema: database.schema, tablePrefix: "env_", idType: "int" });
    await checkpointer.setup();
    await checkpointer.putState({ threadId: 1 }, createState({ contextSummary: "kept" }));
    expect((await checkpointer.getState({ threadId: 1 }))?.contextSummary).toBe("kept");
    expect(await database.value("select to_regclass($1) is not null", [`${database.schema}.env_states`])).toBe(true);
  });

  test("takes empty variables for missing ones", async () => {
    vi.stubEnv("DATABASE_URL", database.url);
    vi.stubEnv("CACHE_URL", "");
    vi.stubEnv("CACHE_TTL", "");
    await PgCheckpointer.fromEnv().release();
    vi.stubEnv("DATABASE_URL", "");
    expect(() => PgCheckpointer.fromEnv()).toThrow(/^DATABASE_URL: is not set/);
  });

  test.each([
    ["DATABASE_URL", undefined],
    ["DATABASE_URL", "mysql://user:secret-word@localhost"],
    ["DATABASE_URL", "secret-word"],
    ["CACHE_TTL", "-1"],
    ["CACHE_TTL", "0"],
    ["CACHE_TTL", "1h-secret-word"],
    ["CACHE_TTL", "1.5"],
  ])("refuses %s where it is %j, naming it and not quoting it", (name, value) => {
    if (name !== "DATABASE_URL") vi.stubEnv("DATABASE_URL", database.url);
    vi.stubEnv(name, value);
    const error = thrown(() => PgCheckpointer.fromEnv(), InvalidConfigError);
    expect(error.field).toBe(name);
    expect(error.message).not.toContain("secret-word");
  });
});

describe("without Redis", () => {
  test("a checkpointer is made of a server, of a pool, or of nothing, which opens nothing before its first call", async () => {
    const before = existsSync(".agenity");
    const made = [
      new PgCheckpointer({ postgresDsn: database.url, schema: database.schema }),
      new PgCheckpointer({ pgPool: database.pool(), schema: database.schema }),
      new PgCheckpointer({ userIdType: "string" }),
      new PgCheckpointer({ userIdType: "string", maxCachedThreads: 10, releaseResources: true }),
    ];
    for (const checkpointer of made) await checkpointer.release();
    expect(existsSync(".agenity")).toBe(before);
  });
});
