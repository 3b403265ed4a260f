import { join } from "node:path";
import { afterAll, describe, expect, inject, test } from "vitest";
import { PgCheckpointer, type PgCheckpointerOptions } from "../../src/index.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";
import { conversationOf, expectStored, recorded, writeLines } from "./recorded.ts";
import { agenity, temporaryFolder } from "./run-cli.ts";

// An import of some seconds, so that there is a middle in which it can be killed.
const CONVERSATIONS = 80;
const ROUNDS = 8;
const MESSAGES = CONVERSATIONS * (1 + 4 * ROUNDS);
const VERSIONS = CONVERSATIONS * 2 * ROUNDS;
const TIMEOUT_MS = 240_000;

const folder = temporaryFolder();
const file = join(folder.path, "talks.jsonl");
const recordings = Array.from({ length: CONVERSATIONS }, (_, index) => recorded(`talk-${index}`, ROUNDS));
writeLines(file, recordings);

afterAll(folder.remove);

interface Summary {
  readonly imported: number;
  readonly continued: number;
  readonly unchanged: number;
  readonly messages: number;
  readonly versions: number;
  readonly stored: object;
}

/** Imports to the end, and holds what the store then has against the records. */
async function finish(args: readonly string[], store: PgCheckpointerOptions<object>): Promise<Summary> {
  const { status, stdout, stderr } = await agenity(["import", file, "--json", ...args]);
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  const summary = JSON.parse(stdout) as Summary;
  expect(summary.stored).toMatchObject({ threads: CONVERSATIONS, messages: MESSAGES, versions: VERSIONS });
  const checkpointer = new PgCheckpointer(store);
  await checkpointer.setup();
  try {
    for (const recording of recordings) await expectStored(checkpointer, conversationOf(recording));
  } finally {
    await checkpointer.release();
  }
  return summary;
}

describe("an import that is killed and started again loses and doubles nothing", { timeout: TIMEOUT_MS }, () => {
  test("on an embedded database, killed again and again", async () => {
    const dataDir = join(folder.path, "store");
    const args = ["--data-dir", dataDir];
    let kills = 0;
    for (let attempt = 0; attempt < 3; attempt++) {
      const { status } = await agenity(["import", file, ...args], {
        // Progress is told when something was stored; a little later is in the middle of a write.
        onStderr: (stderr, kill) => {
          if (/\d message/.test(stderr)) setTimeout(kill, 37 * attempt);
        },
      });
      if (status === null) kills++;
    }
    expect(kills).toBeGreaterThan(0);
    const summary = await finish(args, { dataDir });
    expect(summary.messages).toBeLessThan(MESSAGES);
    const again = await finish(args, { dataDir });
    expect(again).toMatchObject({ imported: 0, continued: 0, unchanged: CONVERSATIONS, messages: 0, versions: 0 });
  });

  test("on an embedded database, killed while it is being made", async () => {
    const dataDir = join(folder.path, "early");
    const args = ["--data-dir", dataDir];
    const waitsMs = [1_000, 2_000, 2_500];
    for (const waitMs of waitsMs) {
      let timer: NodeJS.Timeout | undefined;
      await agenity(["import", file, ...args], {
        onStart: (kill) => (timer = setTimeout(kill, waitMs)),
      });
      clearTimeout(timer);
    }
    await finish(args, { dataDir });
  });

  test("on a server", async () => {
    const databaseUrl = inject("databaseUrl");
    const schema = schemaFor(import.meta.url);
    const args = ["--database", databaseUrl, "--schema", schema];
    const watcher = new PgCheckpointer({ postgresDsn: databaseUrl, schema });
    await watcher.setup();
    try {
      // Killed when the store has so many versions: at its first turns, inside, and short of the end.
      let kills = 0;
      for (const versions of [1, 300, 700, VERSIONS - 60]) {
        const run = { isEnded: false };
        const ending = agenity(["import", file, ...args], {
          onStart: (kill) => {
            const watch = async (): Promise<void> => {
              while (!run.isEnded && (await watcher.stats()).versions < versions) continue;
              kill();
            };
            void watch();
          },
        });
        if ((await ending).status === null) kills++;
        run.isEnded = true;
      }
      expect(kills).toBeGreaterThan(0);
      const { messages, versions } = await watcher.stats();
      expect(versions).toBeLessThanOrEqual(VERSIONS);
      const summary = await finish(args, { postgresDsn: databaseUrl, schema });
      expect([summary.messages, summary.versions]).toEqual([MESSAGES - messages, VERSIONS - versions]);
    } finally {
      await watcher.release();
      await dropSchema(databaseUrl, schema);
    }
  });
});
