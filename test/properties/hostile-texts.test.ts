import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import pg from "pg";
import { afterAll, describe, inject, test } from "vitest";
import { createState, InvalidConfigError, Message, PgCheckpointer, ValidationError } from "../../src/index.ts";
import type { AnyFields, Checkpointer } from "../../src/conformance/subject.ts";
import { keyPrefixFor } from "../servers/key-prefix-per-file.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";
import { arbitraryLoadedText } from "./hostile-recipes.ts";
import { type HostileStage, openHostileStages } from "./hostile-stages.ts";
import { propertyRuns } from "./property-runs.ts";

const [databaseUrl, cacheUrl] = [inject("databaseUrl"), inject("cacheUrl")];
const schema = schemaFor(import.meta.url);
const keyPrefix = keyPrefixFor(import.meta.url);
const { stages, close } = await openHostileStages({ databaseUrl, cacheUrl, schema, keyPrefix });
const schemas: string[] = [];

afterAll(async () => {
  await close();
  for (const each of schemas) await dropSchema(databaseUrl, each);
});

// Only what no normal form changes, so that a plain comparison tells what must be found.
const wildcards = "%_\\*?[]()'\"${}:.^|a \n".split("");

const runs = propertyRuns(20);
const timeout = 60_000 + runs.numRuns * 3_000;

/** Where a thread's address has texts. */
type Part = "threadId" | "userId" | "namespace" | "runId" | "messageId";
const parts: readonly Part[] = ["threadId", "userId", "namespace", "runId", "messageId"];

describe(`texts that mean something to somebody (seed ${runs.seed})`, () => {
  test("name what they name and nothing else, or are refused with their field", { timeout }, async () => {
    const example = fc.tuple(fc.constantFrom(...parts), arbitraryLoadedText, arbitraryLoadedText);
    const startedAt = performance.now();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(example, async ([part, one, other]) => {
        fc.pre(one !== other);
        count++;
        for (const stage of stages) await tryNames(stage, part, [one, other]);
      }),
      runs,
    );
    report(`${count * 2} names on ${stages.length} storages`, count * 2 * stages.length, startedAt);
  });

  test("are looked for as they stand, wildcards and all", { timeout }, async () => {
    const text = fc.string({ unit: fc.constantFrom(...wildcards), maxLength: 4 });
    const startedAt = performance.now();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 6 }), text, async (texts, wanted) => {
        count++;
        for (const stage of stages) await trySearch(stage, texts, wanted);
      }),
      runs,
    );
    report(`${count} searches on ${stages.length} storages`, count * stages.length, startedAt);
  });

  test("are keys of metadata and names of threads like any other", { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLoadedText, arbitraryLoadedText, async (key, name) => {
        for (const stage of stages) await tryMetadata(stage, key, name);
      }),
      runs,
    );
  });

  test("may stand in names of schemas, tables and keys of Redis", { timeout }, async () => {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
    const texts = fc.tuple(arbitraryLoadedText, arbitraryLoadedText, arbitraryLoadedText);
    try {
      await fc.assert(
        fc.asyncProperty(texts, (each) => tryPlaces(pool, each)),
        { ...runs, numRuns: Math.ceil(runs.numRuns / 4) },
      );
    } finally {
      await pool.end();
    }
  });
});

function report(what: string, count: number, startedAt: number): void {
  console.log(`${what}: ${Math.round((count * 60_000) / (performance.now() - startedAt))} a minute`);
}

/** Two threads, namespaces, users or messages whose names differ never meet. */
async function tryNames(stage: HostileStage, part: Part, texts: readonly [string, string]): Promise<void> {
  lives++;
  await stage.clear();
  const [writer, reader] = [stage.open(), stage.open()];
  const kept: string[] = [];
  for (const text of texts) {
    const before = await stage.dump();
    try {
      await putUnder(writer, part, text);
      kept.push(text);
    } catch (error) {
      assertRefusal(error, part, stage.name);
      assert.equal(await stage.dump(), before, `${stage.name} refused a ${part}, and wrote`);
    }
  }
  for (const text of kept) await assertKept(reader, part, text, stage.name);
  const [first, ...others] = kept;
  if (first !== undefined && part === "threadId") {
    assert.equal(await writer.deleteThread({ ...addressOf(part, first) }), true);
    for (const text of others) await assertKept(reader, part, text, stage.name);
  }
  await Promise.all([writer.release(), reader.release()]);
}

let lives = 0;

/** A thread's names but for the one that is tried. A cache outlives an example: what is not tried is new each time. */
function addressOf(
  part: Part,
  text: string,
): { threadId: string; userId?: string; namespace?: string; runId?: string } {
  if (part === "messageId") return { threadId: `life ${lives} ` };
  const mark = part === "userId" ? createHash("sha256").update(text, "utf16le").digest("hex") : "";
  return { threadId: `life ${lives} ${mark}`, [part]: text };
}

async function putUnder(writer: Checkpointer, part: Part, text: string): Promise<void> {
  if (part === "messageId")
    return void (await writer.putMessages(addressOf(part, text), [Message.text(text, { messageId: text })]));
  await writer.putState(addressOf(part, text), createState<AnyFields>({ note: text }), { onConflict: "overwrite" });
}

async function assertKept(reader: Checkpointer, part: Part, text: string, stage: string): Promise<void> {
  const config = addressOf(part, text);
  if (part === "messageId") {
    const message = await reader.getMessage(config, text);
    return assert.equal(message === null ? null : Message.textOf(message), text, `${stage}: another message`);
  }
  if (part === "runId") return; // the thread's run is the last one's
  for (const state of [await reader.getState(config), await reader.getStateCache(config)]) {
    assert.equal(state?.["note"], text, `${stage}: another ${part}'s state`);
  }
}

function assertRefusal(error: unknown, part: string, stage: string): void {
  assert.ok(
    error instanceof InvalidConfigError || error instanceof ValidationError,
    `${stage} threw ${inspect(error)}`,
  );
  assert.match(error.field, new RegExp(`\\b${part}$`));
}

async function trySearch(stage: HostileStage, texts: readonly string[], wanted: string): Promise<void> {
  await stage.clear();
  const checkpointer = stage.open();
  const config = { threadId: "searched", userId: "u" };
  await checkpointer.putMessages(
    config,
    texts.map((text, index) => Message.text(text, { messageId: `m${index}` })),
  );
  for (const [index, text] of texts.entries()) {
    await checkpointer.putThread({ threadId: `t${index}`, userId: "u" }, { threadName: text });
  }
  const found = await checkpointer.listMessages(config, { search: wanted });
  const expected = texts.flatMap((text, index) => (text.includes(wanted) ? [`m${index}`] : []));
  assert.deepEqual(
    found.map(({ messageId }) => messageId),
    expected,
    stage.name,
  );
  const threads = await checkpointer.listThreads({ userId: "u" }, { search: wanted });
  const named = threads.map(({ threadId }) => threadId).filter((threadId) => threadId !== "searched");
  assert.deepEqual(named.toSorted(), expected.map((id) => id.replace("m", "t")).toSorted(), stage.name);
  await checkpointer.release();
}

async function tryMetadata(stage: HostileStage, key: string, threadName: string): Promise<void> {
  await stage.clear();
  const checkpointer = stage.open();
  const config = { threadId: "named", userId: "u" };
  const metadata = Object.fromEntries([[key, threadName]]);
  const before = await stage.dump();
  try {
    await checkpointer.putThread(config, { threadName, metadata });
    const thread = await checkpointer.getThread(config);
    assert.deepEqual([thread?.threadName, Object.entries(thread?.metadata ?? {})], [threadName, [[key, threadName]]]);
    assert.equal((await checkpointer.listThreads({}, { metadata })).length, 1, stage.name);
    const others = Object.fromEntries([[key, `${threadName}!`]]);
    assert.deepEqual(await checkpointer.listThreads({}, { metadata: others }), [], stage.name);
  } catch (error) {
    assert.ok(error instanceof ValidationError, `${stage.name} threw ${inspect(error)}`);
    assert.match(error.field, /^fields\.(threadName|metadata)/);
    assert.equal(await stage.dump(), before);
  }
  await checkpointer.release();
}

async function tryPlaces(pool: pg.Pool, [ending, tablePrefix, keys]: readonly string[]): Promise<void> {
  const places = { schema: `${schema} ${ending}`, tablePrefix, keyPrefix: `${keyPrefix}${keys}` };
  const open = (): Checkpointer =>
    new PgCheckpointer<AnyFields>({ ...places, pgPool: pool, redisUrl: cacheUrl, redisTimeoutMs: 30_000 });
  let writer: Checkpointer;
  try {
    writer = open();
  } catch (error) {
    assert.ok(error instanceof InvalidConfigError, inspect(error));
    return assert.match(error.field, /^options\.(schema|tablePrefix|keyPrefix)$/);
  }
  schemas.push(places.schema);
  const reader = open();
  try {
    await writer.setup();
    const config = { threadId: `in ${++lives}` };
    await writer.putState(config, createState<AnyFields>({ lives }), { onConflict: "overwrite" });
    assert.equal((await reader.getStateCache(config))?.["lives"], lives);
    assert.equal((await reader.getState(config))?.["lives"], lives);
  } finally {
    await Promise.all([writer.release(), reader.release()]);
  }
}
