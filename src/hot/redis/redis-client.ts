import type { Cluster, ClusterOptions, Redis, RedisOptions } from "ioredis";
import { InvalidConfigError } from "../../model/errors.ts";

/** Where the connections come from. */
export type RedisSource =
  /** An address, with user and password: `redis://…`, or `rediss://…` for TLS. */
  | { readonly kind: "url"; readonly url: string }
  /** A client of the caller's: connections of our own are made with its settings. It is not used itself, changed or closed. */
  | { readonly kind: "client"; readonly client: Redis | Cluster };

/** A client of our own: for one server, or for a cluster. */
export type RedisClient = Redis | Cluster;

/** How long one attempt to connect may take, in milliseconds: a handshake of TLS over a long way takes some. */
const CONNECT_MS = 5_000;

/** How long a server that is left is waited for to close its side, in milliseconds. */
const DISCONNECT_MS = 200;

/** Longest pause between two attempts to connect, in milliseconds. */
const MAX_PAUSE_MS = 1_000;

/**
 * How often a cluster is asked who serves what, in milliseconds: one that is frozen, or cut off, does not say that another has taken its
 * place. It costs a connection each time.
 */
const REFRESH_MS = 5_000;

/** What a client watches over by itself. It sets a timer for each command, which a busy connection cannot afford. */
export interface ClientTimeouts {
  /** How long an answer is waited for, in milliseconds. */
  readonly commandTimeout: number;
  /** After how long a silence on the connection, while answers are waited for, it is given up for another one. */
  readonly socketTimeout: number;
}

/**
 * Makes a client that waits for nobody: a command is sent now or fails now, since one that waits in a queue would be carried out long after
 * everybody has forgotten why. It connects when it is told to, and again by itself.
 *
 * @param timeouts - left out: the caller watches over the time himself
 * @throws InvalidConfigError if the client's package is not installed
 */
export async function makeClient(source: RedisSource, timeouts?: ClientTimeouts): Promise<RedisClient> {
  const client = await connectable(source, timeouts);
  // What breaks, commands are told of. Without a listener the client writes to the console.
  client.on("error", () => {});
  return client;
}

/** What the names of keys begin with already, by the settings of a client that was lent. */
export function prefixOf(source: RedisSource): string {
  if (source.kind === "url") return "";
  const { client } = source;
  const own = isCluster(client)
    ? (client.options.redisOptions?.keyPrefix ?? client.options.keyPrefix)
    : client.options.keyPrefix;
  return own ?? "";
}

/** Whether a client is one for a cluster. */
export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}

async function connectable(source: RedisSource, timeouts: ClientTimeouts | undefined): Promise<RedisClient> {
  const forServer = {
    ...forAnyServer(timeouts),
    enableOfflineQueue: false,
    retryStrategy: pauseMs,
    // A server that has become a replica: its name may lead to another one by now.
    reconnectOnError: ({ message }: Error) => message.includes("READONLY"),
    readOnly: false,
  } satisfies RedisOptions;
  if (source.kind === "url") {
    const { Redis: Client } = await loadDriver();
    return new Client(source.url, forServer);
  }
  const { client } = source;
  if (!isCluster(client)) return client.duplicate(forServer);
  const forCluster = {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    enableAutoPipelining: false,
    keyPrefix: "",
    // A replica may be behind.
    scaleReads: "master" as const,
    clusterRetryStrategy: pauseMs,
    slotsRefreshInterval: REFRESH_MS,
    redisOptions: forAnyServer(timeouts),
  } satisfies ClusterOptions;
  return client.duplicate([], forCluster);
}

function pauseMs(attempts: number): number {
  // Processes that lost the same server do not all come back in the same moment.
  return Math.min(25 * 2 ** Math.min(attempts, 10), MAX_PAUSE_MS) * (0.75 + Math.random() / 4);
}

function forAnyServer(timeouts: ClientTimeouts | undefined) {
  return {
    connectionName: "agenity",
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    // Of what nobody listens to any more, too.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_MS,
    disconnectTimeout: DISCONNECT_MS,
    commandTimeout: timeouts?.commandTimeout,
    socketTimeout: timeouts?.socketTimeout,
    // It asks for more rights than we need, and writes to the console where it has none. A server that is loading says so by itself.
    enableReadyCheck: false,
    disableClientInfo: true,
    enableAutoPipelining: false,
    // Of a client that was lent: what would change keys or answers.
    keyPrefix: "",
    stringNumbers: false,
    replyMapping: "legacy" as const,
    showFriendlyErrorStack: false,
  };
}

async function loadDriver(): Promise<Pick<typeof import("ioredis"), "Redis">> {
  try {
    return await import("ioredis");
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new InvalidConfigError("options.redisUrl", "needs the client: npm install ioredis");
  }
}
