import { startPostgres } from "../servers/postgres.ts";
import { startRedis } from "../servers/redis.ts";
import { type Store, type StoreName, storeMakers } from "./stores.ts";

/** Makes a back end for a program of its own: servers that it needs are started, and stopped when it is closed. */
export async function openServedStore(backend: StoreName): Promise<Store> {
  const servers = backend.startsWith("postgres") ? [await startPostgres(), await startRedis()] : [];
  const [databaseUrl = "", cacheUrl = ""] = servers.map(({ url }) => url);
  const store = await storeMakers[backend]({ databaseUrl, cacheUrl, schema: "properties", keyPrefix: "properties:" });
  return {
    open: store.open,
    async close() {
      await store.close();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
