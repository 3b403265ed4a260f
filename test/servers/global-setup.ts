import type { TestProject } from "vitest/node";
import { startPostgres } from "./postgres.ts";
import { startRedis } from "./redis.ts";

declare module "vitest" {
  /** What the tests get from here. */
  export interface ProvidedContext {
    /** A real PostgreSQL. */
    databaseUrl: string;
    /** A real Redis. Other test files use it at the same time: keys need a prefix of their own. */
    cacheUrl: string;
  }
}

/** Starts what the tests talk to, once for all of them; vitest calls what this answers when they have ended. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // One after the other: apt installs one package at a time.
  // Nothing here outlives the machine, and what kills a server starts its own: so no test waits for the disk.
  const postgres = await startPostgres(["fsync=off"]);
  const redis = await startRedis();
  project.provide("databaseUrl", postgres.url);
  project.provide("cacheUrl", redis.url);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
  };
}
