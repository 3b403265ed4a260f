import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { startRedis } from "../test/servers/redis.ts";

/** A real Redis, keys of this run's own on it, and a bare client. */
export interface BenchCache extends AsyncDisposable {
  /** Connection string. */
  readonly url: string;
  /** What this run's keys begin with; emptied at the end. */
  readonly keyPrefix: string;
  /** A client as an application would make it. */
  readonly client: Redis;
}

/** The server that `CACHE_URL` names, or one that is started for this run. */
export async function openCache(): Promise<BenchCache> {
  const server = await startRedis();
  const keyPrefix = `bench:${randomBytes(4).toString("hex")}:`;
  const client = new Redis(server.url);
  await client.ping();
  return {
    url: server.url,
    keyPrefix,
    client,
    async [Symbol.asyncDispose]() {
      for await (const keys of client.scanStream({ match: `${keyPrefix}*`, count: 1_000 })) {
        if ((keys as string[]).length > 0) await client.unlink(keys as string[]);
      }
      await client.quit();
      await server.stop();
    },
  };
}
