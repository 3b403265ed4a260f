import assert from "node:assert/strict";
import { PGlite } from "@electric-sql/pglite";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import type { AnyFields, Checkpointer } from "../../src/conformance/subject.ts";
import {
  type GetStateOptions,
  InMemoryCheckpointer,
  MemoryColdStore,
  MemoryHotLog,
  PgCheckpointer,
  type SessionStats,
  type ThreadConfig,
} from "../../src/index.ts";
import { deleteKeys, keyPrefixFor } from "../servers/key-prefix-per-file.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";
import { agreeInOrder, type Answer } from "./answer.ts";
import { arbitraryCalls } from "./arbitrary-calls.ts";
import type { Call } from "./call.ts";
import { closingCalls, playCalls, type Stage } from "./play-calls.ts";
import { propertyRuns } from "./property-runs.ts";

/** Sequences that are played at once, so that what a store does for several callers in one statement is tried as well. */
const SIDE_BY_SIDE = 8;

const [databaseUrl, cacheUrl] = [inject("databaseUrl"), inject("cacheUrl")];
const schema = schemaFor(import.meta.url);
const cached = `${schema}_cached`;
const pool = new pg.Pool({ connectionString: databaseUrl, max: 2, options: "-c synchronous_commit=off" });
const pglite = new PGlite();
const tables = ["threads", "states", "messages", "tombstones"].map((name) => `agent_${name}`);

const keyPrefix = keyPrefixFor(import.meta.url);
let openings = 0;

/** Reads the newest state through the cache. Where every answer is checked, nobody can tell the difference. */
class CacheReader extends PgCheckpointer<AnyFields> {
  override getState(config: ThreadConfig, options?: GetStateOptions): ReturnType<typeof this.getStateCache> {
    return options?.version === undefined ? super.getStateCache(config) : super.getState(config, options);
  }
}

interface Store {
  /** Prepares for checkpointers that find nothing, and answers what makes them. */
  open(): Promise<() => Checkpointer>;
}

const stores: Readonly<Record<string, Store>> = {
  memory: {
    async open() {
      const store = new MemoryColdStore();
      return () => new InMemoryCheckpointer({ store });
    },
  },
  PostgreSQL: {
    async open() {
      await pool.query(tables.map((table) => `delete from ${schema}.${table};`).join(""));
      return () => new PgCheckpointer({ pgPool: pool, schema });
    },
  },
  PGlite: {
    async open() {
      await pglite.exec(tables.map((table) => `delete from ${table};`).join(""));
      return () => new PgCheckpointer({ pgPool: pglite });
    },
  },
  "PostgreSQL with Redis": {
    async open() {
      await pool.query(tables.map((table) => `delete from ${cached}.${table};`).join(""));
      const servers = { pgPool: pool, schema: cached, redisUrl: cacheUrl, redisTimeoutMs: 30_000 };
      const prefix = `${keyPrefix}${++openings}:`;
      return () => new CacheReader({ ...servers, keyPrefix: prefix, maxStalenessMs: 0 });
    },
  },
  "PGlite with a hot log": {
    async open() {
      await pglite.exec(tables.map((table) => `delete from hot_${table};`).join(""));
      const hotLog = new MemoryHotLog();
      return () => new CacheReader({ pgPool: pglite, tablePrefix: "hot_agent_", hotLog, maxStalenessMs: 0 });
    },
  },
};

const runs = propertyRuns(160);

/** How long it may take, in milliseconds, to find a failure and to make it small; what is found by then is told. */
const LIMIT_MS = 60_000 + runs.numRuns * 1_000;

/** What was tried, by the names of methods and the codes of errors. */
const tried = { sequences: 0, calls: new Map<string, number>(), errors: new Map<string, number>() };

beforeAll(async () => {
  const places = [
    { pgPool: pool, schema },
    { pgPool: pool, schema: cached },
    { pgPool: pglite },
    { pgPool: pglite, tablePrefix: "hot_agent_" },
  ];
  for (const options of places) await new PgCheckpointer(options).setup();
});

afterAll(async () => {
  await pool.end();
  await pglite.close();
  for (const each of [schema, cached]) await dropSchema(databaseUrl, each);
  await deleteKeys(cacheUrl, keyPrefix);
});

describe(`memory, PostgreSQL and PGlite, without a cache and with one (seed ${runs.seed})`, () => {
  test("agree on every answer, whatever is called", { timeout: LIMIT_MS + 60_000 }, async () => {
    const startedAt = performance.now();
    const batches = fc.tuple(...Array.from({ length: SIDE_BY_SIDE }, () => arbitraryCalls));
    await fc.assert(fc.asyncProperty(batches, agree), {
      ...runs,
      numRuns: Math.ceil(runs.numRuns / SIDE_BY_SIDE),
      interruptAfterTimeLimit: LIMIT_MS,
      markInterruptAsFailure: true,
    });
    console.log(`${summary()}; ${Math.round((performance.now() - startedAt) / 1_000)} s`);
    if (tried.sequences < 100) return; // a failure that is repeated tries what it takes, and no more
    assert.equal(tried.calls.size, 17, "a method was never called");
    assert.equal(tried.errors.size, 4, "a refusal never came: access, conflict, not found, validation");
  });
});

async function agree(batch: readonly (readonly Call[])[]): Promise<void> {
  const sequences = batch.map((calls) => [...calls, ...closingCalls(calls)]);
  const names = Object.keys(stores);
  const played = await allOf(Object.values(stores).map((store) => playAll(sequences, store)));
  const [first, ...others] = played as [Played, ...Played[]]; // one a store
  count(sequences, first);
  for (const [place, other] of others.entries()) {
    const pair = `${names[place + 1]} and ${names[0]}`;
    for (const [index, calls] of sequences.entries()) {
      sameAnswers(calls, other.answers[index] ?? [], first.answers[index] ?? [], pair);
    }
    assert.deepEqual(other.stats, first.stats, `${pair} hold different amounts`);
  }
}

interface Played {
  /** By sequence and call. */
  readonly answers: readonly (readonly Answer[])[];
  /** What the store holds in the end. */
  readonly stats: SessionStats;
}

async function playAll(sequences: readonly (readonly Call[])[], store: Store): Promise<Played> {
  const make = await store.open();
  const checkpointers: Stage["checkpointers"] = [make(), make(), make()];
  const playing = sequences.map((calls, index) => playCalls(calls, { checkpointers, prefix: `${index}/` }));
  const answers = await allOf(playing);
  const stats = await checkpointers[2].stats();
  for (const checkpointer of checkpointers) await checkpointer.release();
  return { answers, stats };
}

/** As `Promise.all`, but nothing goes on when it has failed: the next try finds the stores at rest. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

function sameAnswers(
  calls: readonly Call[],
  actual: readonly Answer[],
  expected: readonly Answer[],
  pair: string,
): void {
  for (const [index, { call }] of calls.entries()) {
    const answer = actual[index]?.portrait;
    assert.equal(answer, expected[index]?.portrait, `${pair} answer call ${index}, ${call}, differently`);
  }
  const [instants, others] = [actual, expected].map((answers) => answers.flatMap((answer) => answer.instants));
  assert.ok(agreeInOrder(instants ?? [], others ?? []), `${pair} tell opposite orders of time`);
}

function count(sequences: readonly (readonly Call[])[], { answers }: Played): void {
  const add = (counts: Map<string, number>, key: string): unknown => counts.set(key, (counts.get(key) ?? 0) + 1);
  tried.sequences += sequences.length;
  for (const { call } of sequences.flat()) add(tried.calls, call);
  for (const { errorCode } of answers.flat()) if (errorCode !== undefined) add(tried.errors, errorCode);
}

function summary(): string {
  const list = (counts: ReadonlyMap<string, number>): string =>
    Array.from(counts, ([name, number]) => `${name} ${number}`)
      .toSorted((left, right) => (left < right ? -1 : 1))
      .join(", ");
  const calls = [...tried.calls.values()].reduce((sum, number) => sum + number, 0);
  return `${tried.sequences} sequences, ${calls} calls of each store: ${list(tried.calls)}; refused: ${list(tried.errors)}`;
}
