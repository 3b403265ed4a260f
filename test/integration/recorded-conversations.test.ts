import { existsSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { afterAll, describe, expect, inject, test } from "vitest";
import { type BaseCheckpointer, InMemoryCheckpointer, MemoryColdStore, PgCheckpointer } from "../../src/index.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";
import { readRecordings, recordedFile, roundTrip } from "./round-trip.ts";

/** One of so many is tried here; `bench/round-trip.ts` tries them all. */
const ONE_IN = 12;

const databaseUrl = inject("databaseUrl");
const schema = schemaFor(import.meta.url);
const pool = new pg.Pool({ connectionString: databaseUrl });
const pglite = new PGlite();
const store = new MemoryColdStore();
const stores: Readonly<Record<string, () => BaseCheckpointer>> = {
  memory: () => new InMemoryCheckpointer({ store }),
  PostgreSQL: () => new PgCheckpointer({ pgPool: pool, schema }),
  PGlite: () => new PgCheckpointer({ pgPool: pglite }),
};

const isHere = existsSync(recordedFile);

describe.skipIf(!isHere)(`recorded conversations${isHere ? "" : ` (skipped: there is no ${recordedFile})`}`, () => {
  test.each(Object.keys(stores))(
    "%s gives every version back as it was, to a checkpointer that has never seen it",
    async (name) => {
      const open = stores[name] as () => BaseCheckpointer; // one of its keys
      await using writer = open();
      await using reader = open();
      await writer.setup();
      const sample = (await readRecordings(recordedFile)).filter((_, index) => index % ONE_IN === 0);
      expect(sample.length).toBeGreaterThanOrEqual(10);
      for (const recording of sample) {
        const { versions, differences } = await roundTrip(recording, writer, reader);
        expect({ id: recording.id, differences }).toEqual({ id: recording.id, differences: 0 });
        expect(versions).toBeGreaterThan(1);
      }
    },
  );
});

afterAll(async () => {
  await pool.end();
  await pglite.close();
  await dropSchema(databaseUrl, schema);
});
