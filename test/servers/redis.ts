import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { freePort, installThroughApt, killOnExit, makeServerFolder, untilAnswers } from "./local-server.ts";

/** A Redis that the tests talk to. */
export interface SharedRedis {
  /** Its address, with the password. */
  readonly url: string;
  /** Stops the server and removes its folder, if it was started here; otherwise does nothing. */
  stop(): Promise<void>;
}

/** A Redis of one test's own, which the test may break. */
export interface RedisServer extends SharedRedis {
  /** Its port of 127.0.0.1, also after a restart. */
  readonly port: number;
  /** Ends it without a word to anybody (SIGKILL). */
  kill(): Promise<void>;
  /** Stops it from running, with all connections open (SIGSTOP). */
  freeze(): Promise<void>;
  /** Lets a frozen one run again. */
  thaw(): void;
  /** Starts it again, on the same port and with the same configuration, after ending it if it runs. Without persistence it is empty then. */
  restart(): Promise<void>;
}

/** What a server of one's own may be told. */
export interface RedisServerOptions {
  /** Directives of `redis.conf` by name, for example `{ "maxmemory-policy": "allkeys-lru" }`. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** The server that this one follows; it is answered when it has all that the other one holds. */
  readonly replicaOf?: RedisServer;
}

/**
 * The server that `CACHE_URL` names; else one started for the caller, on a free port of 127.0.0.1, in a temporary folder that goes with it.
 * Redis is installed through apt where it is missing and that is possible.
 *
 * @throws Error saying what to install
 */
export async function startRedis(): Promise<SharedRedis> {
  const given = process.env["CACHE_URL"];
  if (given !== undefined && given !== "") return { url: given, stop: async () => {} };
  return startRedisServer();
}

/**
 * Starts a server for a test that breaks it. It keeps nothing on disk unless the configuration says so.
 *
 * @throws Error saying what to install
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  requireProgram();
  const port = await freePort();
  // With a password, as real servers ask for one: so that no error can quote it without a test noticing.
  const password = options.configuration?.["requirepass"] ?? randomUUID();
  const server = new LocalRedis(port, password, directives(port, password, options));
  await server.start();
  const { replicaOf } = options;
  if (replicaOf !== undefined) await server.until("INFO replication", "master_link_status:up");
  return server;
}

function directives(port: number, password: string, { configuration = {}, replicaOf }: RedisServerOptions): string[] {
  const own = {
    bind: "127.0.0.1",
    port: String(port),
    requirepass: password,
    save: "",
    appendonly: "no",
    // A replica need not wait for others that might want the same copy.
    "repl-diskless-sync-delay": "0",
    ...configuration,
  };
  const followed = replicaOf === undefined ? [] : follow(replicaOf);
  return [...Object.entries(own).flatMap(([name, value]) => [`--${name}`, value]), ...followed];
}

function follow({ port, url }: RedisServer): string[] {
  return ["--replicaof", "127.0.0.1", String(port), "--masterauth", new URL(url).password];
}

class LocalRedis implements RedisServer {
  readonly port: number;
  readonly url: string;
  readonly #folder = makeServerFolder("Redis");
  readonly #password: string;
  readonly #directives: readonly string[];
  readonly #forget: () => void;
  #process: ChildProcess | undefined;

  constructor(port: number, password: string, serverDirectives: readonly string[]) {
    this.port = port;
    this.url = `redis://:${password}@127.0.0.1:${port}`;
    this.#password = password;
    this.#directives = serverDirectives;
    this.#forget = killOnExit(() => {
      this.#process?.kill("SIGKILL");
      this.#folder.remove();
    });
  }

  async start(): Promise<void> {
    const started = spawn("redis-server", [...this.#directives, "--dir", this.#folder.path], { stdio: "ignore" });
    this.#process = started;
    await this.until("PING", "+PONG");
  }

  async stop(): Promise<void> {
    this.thaw(); // a frozen process would never see the signal
    await this.#end("SIGTERM");
    this.#forget();
    this.#folder.remove();
  }

  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  async freeze(): Promise<void> {
    this.#process?.kill("SIGSTOP");
    while (!this.#isFrozen()) await nextTurn(); // the signal reaches a running process only after a moment
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Waits until the answer to a command contains a text. */
  until(command: string, expected: string): Promise<void> {
    const ask = async (): Promise<void> => {
      const answer = await this.#ask(command);
      if (!answer.includes(expected)) throw new Error(`Redis answers ${command} with ${answer}`);
    };
    return untilAnswers("Redis", ask, () => this.#hasEnded());
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (this.#process === undefined || this.#hasEnded()) return;
    const ended = once(this.#process, "exit");
    this.#process.kill(signal);
    await ended;
  }

  #hasEnded(): boolean {
    return this.#process !== undefined && (this.#process.exitCode !== null || this.#process.signalCode !== null);
  }

  /** Where the system shows no states of processes, sending the signal has to do. */
  #isFrozen(): boolean {
    const status = `/proc/${this.#process?.pid}/stat`;
    if (this.#hasEnded() || !existsSync(status)) return true;
    return /^\d+ \(.*\) T/.test(readFileSync(status, "utf8"));
  }

  /** All that the server answers to one command, by the inline form of the protocol: no client is needed to see that it runs. */
  async #ask(command: string): Promise<string> {
    const socket = connect(this.port, "127.0.0.1");
    socket.setEncoding("utf8");
    socket.write(`AUTH ${this.#password}\r\n${command}\r\nQUIT\r\n`);
    let answer = "";
    for await (const text of socket) answer += String(text);
    return answer;
  }
}

function requireProgram(): void {
  if (isInstalled()) return;
  installThroughApt("Redis", "redis-server");
  if (isInstalled()) return;
  throw new Error(
    "the tests need Redis 6.2 or later: install it (Debian: apt-get install redis-server), or set CACHE_URL to a server",
  );
}

function isInstalled(): boolean {
  return spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0;
}
