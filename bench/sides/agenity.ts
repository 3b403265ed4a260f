import { createState, PgCheckpointer } from "../../src/index.ts";
import type { BenchServers } from "../servers.ts";
import { takeTurn } from "../turns.ts";
import { dropSchema, makeSchema, schemaSize, type Side } from "./side.ts";

const USER = "alice";

/** Agenity over PostgreSQL alone: `putState` and `getState`. */
export function openAgenity(servers: BenchServers): Promise<Side> {
  return openOurs(servers, null);
}

/** Agenity with Redis before PostgreSQL: `putState` and `getStateCache`. */
export function openAgenityWithRedis(servers: BenchServers): Promise<Side> {
  return openOurs(servers, servers.cache.url);
}

async function openOurs(servers: BenchServers, redisUrl: string | null): Promise<Side> {
  const schema = await makeSchema(servers, redisUrl === null ? "agenity" : "agenity_redis");
  const hot = redisUrl === null ? {} : { redisUrl, keyPrefix: servers.cache.keyPrefix };
  const make = (): PgCheckpointer => new PgCheckpointer({ pgPool: servers.database.pool, schema, ...hot });
  const opened: PgCheckpointer[] = [];
  const open = async (): Promise<PgCheckpointer> => {
    const checkpointer = make();
    opened.push(checkpointer);
    await checkpointer.setup();
    return checkpointer;
  };
  const writer = await open();
  return {
    name: redisUrl === null ? "agenity" : "agenity with Redis",
    async begin(threadId, turns) {
      const config = { threadId, userId: USER };
      let state = createState();
      for (const [index, turn] of turns.entries()) takeTurn(state, index, turn);
      state = await writer.putState(config, state);
      let count = turns.length;
      return async (turn) => {
        takeTurn(state, ++count, turn);
        state = await writer.putState(config, state);
      };
    },
    async reopen() {
      const reader = await open();
      return async (threadId) => {
        const config = { threadId, userId: USER };
        const state = redisUrl === null ? await reader.getState(config) : await reader.getStateCache(config);
        return state?.context.length ?? 0;
      };
    },
    size: () => schemaSize(servers, schema),
    async [Symbol.asyncDispose]() {
      for (const checkpointer of opened) await checkpointer.release();
      await dropSchema(servers, schema);
    },
  };
}
