import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
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

/** A cluster of two servers, each with half of the slots, and a replica of the second one. */
export interface RedisPair {
  /** The server that stays. */
  readonly first: RedisServer;
  /** The server that may be frozen. */
  readonly second: RedisServer;
  /** Has the replica take the place of the second server, whatever that one says. */
  readonly takeOver: () => Promise<void>;
  /** Makes a client for the cluster. The caller disconnects it. */
  readonly connect: () => Cluster;
  /** Ends all of it. */
  readonly stop: () => Promise<void>;
}

/** Starts a cluster of two servers and a replica, and waits until all of it serves. */
export async function startRedisPair(): Promise<RedisPair> {
  const password = randomUUID();
  const configuration = {
    requirepass: password,
    masterauth: password,
    "cluster-enabled": "yes",
    "cluster-config-file": "nodes.conf",
    "cluster-announce-ip": "127.0.0.1",
    // Of two, none can be voted out; so the one that is left goes on.
    "cluster-require-full-coverage": "no",
    "cluster-node-timeout": "60000",
    "cluster-allow-reads-when-down": "yes",
  };
  const servers = await Promise.all([1, 2, 3].map(() => startRedisServer({ configuration })));
  const controls = servers.map(({ url }) => new Redis(url));
  const [first, second, replica] = servers as [RedisServer, RedisServer, RedisServer];
  const [one, other, third] = controls as [Redis, Redis, Redis];
  const half = Array.from({ length: 8_192 }, (_, slot) => slot);
  await one.cluster("ADDSLOTS", ...half);
  await other.cluster("ADDSLOTS", ...half.map((slot) => slot + 8_192));
  for (const { port } of [second, replica]) await one.cluster("MEET", "127.0.0.1", port);
  const until = async (
    control: Redis,
    question: "NODES" | "INFO",
    isThere: (answer: string) => boolean,
  ): Promise<void> => {
    // Servers gossip when they like.
    while (!isThere(String(await control.call("CLUSTER", question)))) await sleep(20);
  };
  for (const control of controls) {
    await until(control, "NODES", (nodes) => nodes.match(/ connected/g)?.length === 3 && !nodes.includes("handshake"));
  }
  await third.cluster("REPLICATE", await other.cluster("MYID"));
  for (const control of controls) {
    await until(control, "NODES", (nodes) => nodes.includes("slave"));
    await until(control, "INFO", (info) => info.includes("cluster_state:ok"));
  }
  while (!(await third.info("replication")).includes("master_link_status:up")) await sleep(20);
  return {
    first,
    second,
    takeOver: async () => {
      await third.cluster("FAILOVER", "TAKEOVER");
      await until(one, "NODES", (nodes) =>
        nodes.split("\n").some((line) => line.includes(`:${replica.port}@`) && line.includes("master")),
      );
    },
    connect: () => new Cluster([{ host: "127.0.0.1", port: first.port }], { redisOptions: { password } }),
    stop: async () => {
      for (const control of controls) control.disconnect();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
