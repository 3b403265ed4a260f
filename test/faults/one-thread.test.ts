import { randomInt } from "node:crypto";
import { afterAll, expect, inject, test } from "vitest";
import { ConflictError, createState, type Durability, PgCheckpointer, versionOf } from "../../src/index.ts";
import { keyPrefixFor } from "../servers/key-prefix-per-file.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";

interface Fields {
  writes?: string[];
}

const WRITERS = 16;
const WRITES = 20;
const schema = schemaFor(import.meta.url);
const keyPrefix = `${keyPrefixFor(import.meta.url)}${randomInt(1_000_000)}:`;
const opened: PgCheckpointer<Fields>[] = [];

afterAll(async () => {
  await Promise.all(opened.map((checkpointer) => checkpointer.release()));
  await dropSchema(inject("databaseUrl"), schema);
});

/** Two checkpointers that know of each other through their servers alone. */
async function two(durability: Durability, withRedis: boolean): Promise<PgCheckpointer<Fields>[]> {
  const hot = withRedis ? { redisUrl: inject("cacheUrl"), keyPrefix, durability } : {};
  const options = { postgresDsn: inject("databaseUrl"), schema, ...hot };
  const both = [new PgCheckpointer<Fields>(options), new PgCheckpointer<Fields>(options)];
  opened.push(...both);
  await Promise.all(both.map((checkpointer) => checkpointer.setup()));
  return both;
}

const names = Array.from({ length: WRITERS }, (_, writer) => writer);

test.each<[Durability, boolean]>([
  ["sync", false],
  ["sync", true],
  ["async", true],
  ["exit", true],
])(
  "sixteen writers on one thread, durability %s, with Redis: %s: nothing is lost, nothing is done twice",
  async (durability, withRedis) => {
    const config = { threadId: `one-${durability}-${withRedis}`, userId: "ada" };
    const both = await two(durability, withRedis);
    let refusals = 0;
    /** Reads, adds itself, writes: by compare-and-swap, as is the default; again where somebody was faster. */
    const write = async (checkpointer: PgCheckpointer<Fields>, name: string): Promise<void> => {
      for (;;) {
        const state = await checkpointer.getStateCache(config);
        const changed = state ?? createState<Fields>();
        changed.writes = [...(changed.writes ?? []), name];
        try {
          await checkpointer.putState(config, changed, state === null ? { ifVersion: 0 } : {});
          return;
        } catch (error) {
          if (!(error instanceof ConflictError)) throw error;
          refusals++;
        }
      }
    };
    const all = names.map(async (writer) => {
      const checkpointer = both[writer % both.length];
      for (let count = 1; count <= WRITES; count++)
        if (checkpointer !== undefined) await write(checkpointer, `${writer}-${count}`);
    });
    await Promise.all(all);
    await Promise.all(both.map((checkpointer) => checkpointer.release()));
    const [reader] = await two("sync", false);
    const read = await reader?.getState(config);
    const writes = read?.writes ?? [];
    expect(writes).toHaveLength(WRITERS * WRITES);
    expect(versionOf(read ?? {})).toBe(WRITERS * WRITES);
    for (const writer of names) {
      const own = writes.filter((name) => name.startsWith(`${writer}-`));
      expect(own).toEqual(Array.from({ length: WRITES }, (_, index) => `${writer}-${index + 1}`));
    }
    expect(refusals).toBeGreaterThan(0); // or they did not meet
    expect(await reader?.listThreads({ userId: "ada" })).not.toContainEqual(
      expect.objectContaining({ threadId: expect.stringContaining(`${config.threadId}~`) as string }),
    );
  },
);
