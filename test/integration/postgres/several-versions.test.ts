import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { ColdStore, NewEntry, StatePart, TurnOutcome } from "../../../src/stores/cold-store.ts";
import { MemoryColdStore } from "../../../src/stores/memory/index.ts";
import { PgDriver } from "../../../src/stores/postgres/pg-driver.ts";
import { PostgresColdStore } from "../../../src/stores/postgres/postgres-cold-store.ts";
import { Database } from "./database.ts";

// A turn may carry several versions, of which others may have committed the first ones, each under the same write id.

const database = new Database(import.meta.url);

function entry(): NewEntry {
  return { kind: "snapshot", body: "{}", writeId: randomUUID(), metadata: "{}" };
}

async function commit(store: ColdStore, base: StatePart["base"], entries: readonly NewEntry[]): Promise<TurnOutcome> {
  const [outcome] = await store.commit([
    {
      threadId: "t",
      userId: null,
      namespace: "",
      runId: null,
      lease: null,
      writeId: entries.at(-1)?.writeId ?? "",
      state: { base, entries },
      messages: [],
      thread: null,
    },
  ]);
  if (outcome === undefined) throw new Error("a turn has no outcome");
  return outcome;
}

const stores = {
  memory: () => new MemoryColdStore(),
  PostgreSQL: () => {
    const driver = new PgDriver({ source: { kind: "dsn", dsn: database.url }, close: true, preparedStatements: true });
    const tables = {
      schema: database.schema,
      tablePrefix: "agent_",
      idType: "string",
      userIdType: "string",
      rowLevelSecurity: false,
    } as const;
    return new PostgresColdStore(driver, tables);
  },
} as const satisfies Record<string, () => ColdStore>;

test.each(["memory", "PostgreSQL"] as const)(
  "a turn is there when all of its versions are, and not before (%s)",
  async (name) => {
    const store: ColdStore = stores[name]();
    await store.setup();
    try {
      const [first, second, third] = [entry(), entry(), entry()];
      const made = await commit(store, null, [first]);
      if (made.kind !== "committed") throw new Error(`the first version is ${made.kind}`);
      const base = { incarnation: made.incarnation, version: 1, writeId: first.writeId };
      expect(await commit(store, base, [second])).toEqual(made);
      expect(await commit(store, base, [second, third])).toEqual({ kind: "conflict", actual: 2 });
      expect(await commit(store, { ...base, version: 2, writeId: second.writeId }, [third])).toEqual(made);
      expect(await commit(store, base, [second, third])).toEqual(made);
      expect(await commit(store, base, [second])).toEqual(made);
    } finally {
      await store.release();
    }
  },
);
