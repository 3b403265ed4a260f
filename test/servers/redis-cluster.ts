import { Cluster, Redis } from "ioredis";
import { startRedisServer, type RedisServer } from "./redis.ts";

/** A cluster of one server, which holds all slots: enough to see whether keys that are used together have one slot. */
export interface RedisCluster {
  /** The server. */
  readonly server: RedisServer;
  /** Makes a client for the cluster. The caller disconnects it. */
  readonly connect: () => Cluster;
}

/** Starts a cluster, and waits until it serves. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const server = await startRedisServer({
    configuration: {
      "cluster-enabled": "yes",
      "cluster-config-file": "nodes.conf",
      // Alone, it has met nobody who could tell it its own address.
      "cluster-announce-ip": "127.0.0.1",
    },
  });
  const control = new Redis(server.url);
  // Slot by slot: the command for ranges came with Redis 7.
  await control.cluster("ADDSLOTS", ...Array.from({ length: 16_384 }, (_, slot) => slot));
  while (!(await control.cluster("INFO")).includes("cluster_state:ok"));
  control.disconnect();
  const { port, password } = new URL(server.url);
  return {
    server,
    connect: () => new Cluster([{ host: "127.0.0.1", port: Number(port) }], { redisOptions: { password } }),
  };
}
