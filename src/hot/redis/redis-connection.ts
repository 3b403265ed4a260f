import type { Cluster, Redis } from "ioredis";
import type { LuaScript } from "../../generated/lua.ts";
import type { HotInstant } from "../hot-log.ts";
import { SILENT_TIMEOUTS, Deadlines } from "./deadlines.ts";
import { isCluster, makeClient, type RedisClient, type RedisSource } from "./redis-client.ts";
import { kindOf, RedisError } from "./redis-error.ts";
import { toMs } from "./seen-view.ts";

/** What a script is run with. */
export interface ScriptCall {
  /** Its keys, all of one bucket. */
  readonly keys: readonly string[];
  /** Its other arguments. */
  readonly values: readonly string[];
  /** The bucket. */
  readonly bucket: number;
  /** Whether it may be sent a little later, with others, because nobody is held up by its answer. */
  readonly isPatient: boolean;
}

/** A moment of a server's clock, and when we heard of it on our own. */
interface Heard {
  readonly atMs: number;
  readonly heardMs: number;
}

/** Our own connection to one server or a cluster: runs scripts, and knows which server answers and what its clock says. */
export class RedisConnection {
  readonly #source: RedisSource;
  readonly #timeoutMs: number;
  readonly #deadlines: Deadlines;
  #client: RedisClient | undefined;
  #opening: Promise<void> | undefined;
  #isOpened = false;
  #isReleased = false;
  /** Rises with each connection. */
  #epoch = 0;
  #by = "";
  /** Servers of a cluster have clocks of their own: what is known is known per bucket. */
  readonly #heard: (Heard | undefined)[] = [];
  #silentSinceMs: number | undefined;
  #isAskingAll = false;
  #gathering: "not" | "tick" | "turn" = "not";

  constructor(source: RedisSource, timeoutMs: number) {
    this.#source = source;
    this.#timeoutMs = timeoutMs;
    this.#deadlines = new Deadlines(timeoutMs);
  }

  /** The history of the server that answers, where there is only one; empty: not known, or a cluster. */
  get by(): string {
    return this.#by;
  }

  /** Whether the first attempt to connect has ended, well or not. */
  get isOpened(): boolean {
    return this.#isOpened;
  }

  /** The client, if it has been made. */
  get client(): RedisClient | undefined {
    return this.#client;
  }

  /** The latest moment of the clock of a bucket's server that is certainly past; null: it has not answered on this connection. */
  past(bucket: number): HotInstant | null {
    const heard = this.#heard[this.#clockOf(bucket)];
    if (heard === undefined) return null;
    return { atMs: heard.atMs + (performance.now() - heard.heardMs), by: this.#by };
  }

  /** Connects. Where that fails, or takes too long, it goes on trying, and commands fail meanwhile. */
  async open(): Promise<void> {
    if (this.#isOpened) return;
    this.#opening ??= this.#connect();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#timeoutMs);
    });
    try {
      await Promise.race([this.#opening, deadline]);
      // Nobody waits for it a second time.
      this.#isOpened = true;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Something that is asked of the server besides the scripts. @throws RedisError where it takes too long */
  within<T>(work: Promise<T>): Promise<T> {
    return this.#deadlines.within(work, () => new RedisError("TIMEOUT"));
  }

  /** Closes it for good. */
  close(): void {
    this.#isReleased = true;
    this.#client?.disconnect();
  }

  /** Runs a script. @throws RedisError */
  run(script: LuaScript, call: ScriptCall): Promise<unknown> {
    if (!this.#isOpened) return this.open().then(() => this.run(script, call));
    const client = this.#client;
    if (client === undefined || this.#isReleased) return Promise.reject(new RedisError("DISCONNECTED"));
    const epoch = this.#epoch;
    if (call.isPatient || this.#deadlines.count > 0) this.#gather(client, call.isPatient);
    // Not by `await`: every promise that stands between the client's and the caller's shows in the time of a read.
    return new Promise((resolve, reject) => {
      const end = this.#deadlines.begin(() => {
        if (isCluster(client)) void this.#leaveSilent(client);
        else this.#missed(client);
        reject(new RedisError("TIMEOUT"));
      });
      const succeed = (reply: unknown): void => {
        end();
        this.#silentSinceMs = undefined;
        const time = Array.isArray(reply) ? (reply as readonly unknown[])[0] : reply;
        if (typeof time === "number" && epoch === this.#epoch) this.#hear(call.bucket, time);
        resolve(reply);
      };
      const fail = (error: unknown): void => {
        end();
        reject(new RedisError(kindOf(error)));
      };
      const { keys, values } = call;
      client.evalsha(script.sha, script.keyCount, ...keys, ...values).then(succeed, (error: unknown) => {
        // Another server may not have the knowledge that the arguments are about, so to another one it is not sent.
        if (kindOf(error) !== "NOSCRIPT" || epoch !== this.#epoch) fail(error);
        else client.eval(script.text, script.keyCount, ...keys, ...values).then(succeed, fail);
      });
    });
  }

  /** An answer has not come in time. Where none comes at all, the connection is dead, though nobody has closed it. */
  #missed(client: Redis): void {
    const nowMs = performance.now();
    this.#silentSinceMs ??= nowMs;
    if (nowMs - this.#silentSinceMs < this.#timeoutMs * SILENT_TIMEOUTS) return;
    this.#silentSinceMs = undefined;
    client.disconnect(true);
  }

  /**
   * The same for the servers of a cluster, each of which may fall silent while the others answer; so each is asked. Without its connection,
   * the client learns from the others who serves its buckets.
   */
  async #leaveSilent(cluster: Cluster): Promise<void> {
    if (this.#isAskingAll) return;
    this.#isAskingAll = true;
    // One that is not reached yet has a limit of its own.
    const nodes = cluster.nodes("master").filter(({ status }) => status !== "connecting");
    const patience = new Deadlines(this.#timeoutMs * SILENT_TIMEOUTS);
    const asked = nodes.map(async (node) => {
      const end = patience.begin(() => node.disconnect());
      // Refused is answered, too.
      await node.ping().catch(() => {});
      end();
    });
    await Promise.all(asked);
    this.#isAskingAll = false;
  }

  async #connect(): Promise<void> {
    const client = await makeClient(this.#source);
    if (this.#isReleased) return;
    this.#client = client;
    let introduced = Promise.resolve();
    const begin = (): void => {
      this.#epoch++;
      this.#by = "";
      this.#heard.length = 0;
      this.#silentSinceMs = undefined;
    };
    client.on("close", begin);
    if (isCluster(client)) {
      // Another server may serve some of the buckets from now on.
      client.on("-node", begin);
    } else {
      this.#limitHandshake(client);
      client.on("ready", () => {
        begin();
        introduced = this.#introduce(client, this.#epoch);
      });
    }
    await client.connect().catch(() => {});
    await introduced;
  }

  /** A server may take a connection, and then stand still before it has said who it is. */
  #limitHandshake(client: Redis): void {
    let timer: NodeJS.Timeout | undefined;
    client.on("connect", () => {
      clearTimeout(timer);
      timer = setTimeout(() => client.disconnect(true), this.#timeoutMs * SILENT_TIMEOUTS);
    });
    for (const event of ["ready", "close"]) client.on(event, () => clearTimeout(timer));
  }

  /** Asks a new connection's server who it is, before any command can be sent on it. */
  async #introduce(client: Redis, epoch: number): Promise<void> {
    const [info, time] = await Promise.all([
      client.info("replication").catch(() => ""),
      client.time().catch(() => null),
    ]);
    if (epoch !== this.#epoch) return;
    // A replica has its master's name and may be behind it: there is nothing that it could be trusted with.
    if (/^role:master\b/m.test(info)) this.#by = /^master_replid:(\w+)/m.exec(info)?.[1] ?? "";
    if (time !== null) this.#hear(0, Number(time[0]) * 1_000_000 + Number(time[1]));
  }

  #hear(bucket: number, timeUs: number): void {
    this.#heard[this.#clockOf(bucket)] = { atMs: toMs(timeUs), heardMs: performance.now() };
  }

  #clockOf(bucket: number): number {
    return this.#client?.isCluster === true ? bucket : 0;
  }

  /**
   * What is sent together travels together: each write of its own would cost a system call. What is patient waits for the end of the event loop's
   * turn, after what the turn sends to the database: there the caller waits.
   */
  #gather(client: RedisClient, isPatient: boolean): void {
    if (isCluster(client) || client.status !== "ready") return;
    const { stream } = client;
    if (this.#gathering === "not") stream.cork();
    else if (isPatient || this.#gathering === "tick") return;
    const until = isPatient ? "turn" : "tick";
    this.#gathering = until;
    const send = (): void => {
      if (this.#gathering !== until) return;
      this.#gathering = "not";
      stream.uncork();
    };
    if (isPatient) setImmediate(send);
    else process.nextTick(send);
  }
}
