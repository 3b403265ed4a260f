import type { TestProject } from "vitest/node";
import { startPostgres } from "./postgres.ts";

declare module "vitest" {
  /** What the tests get from here. */
  export interface ProvidedContext {
    /** A real PostgreSQL. */
    databaseUrl: string;
  }
}

/** Starts what the tests talk to, once for all of them; vitest calls what this answers when they have ended. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  project.provide("databaseUrl", server.url);
  return () => server.stop();
}
