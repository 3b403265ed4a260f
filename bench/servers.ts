import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchCache, openCache } from "./cache.ts";
import { type BenchDatabase, openDatabase } from "./database.ts";

/** What all sides of a question share. */
export interface BenchServers extends AsyncDisposable {
  /** One PostgreSQL, with one pool of ten connections. */
  readonly database: BenchDatabase;
  /** One Redis. */
  readonly cache: BenchCache;
  /** For what is kept in files; removed at the end. */
  readonly folder: string;
}

/** Starts what a question needs. */
export async function openServers(): Promise<BenchServers> {
  const folder = mkdtempSync(join(tmpdir(), "agenity-bench-"));
  const database = await openDatabase();
  const cache = await openCache();
  return {
    database,
    cache,
    folder,
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
