import { readFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import type { BenchServers } from "./servers.ts";

/** What the figures were measured on. */
export interface Machine {
  readonly processors: string;
  readonly memory: string;
  readonly node: string;
  readonly postgres: string;
  readonly redis: string;
  /** Of the packages that are measured, by name. */
  readonly packages: Readonly<Record<string, string>>;
}

/** Asks the machine, the servers and the bench's own package. */
export async function describeMachine({ database, cache }: BenchServers): Promise<Machine> {
  const { rows } = await database.pool.query<{ server_version: string }>("show server_version");
  const info = await cache.client.info("server");
  const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return {
    processors: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    postgres: rows[0]?.server_version ?? "unknown",
    redis: /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown",
    packages: manifest.dependencies,
  };
}
