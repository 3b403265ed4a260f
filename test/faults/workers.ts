import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { startTcpProxy, type TcpProxy } from "../servers/tcp-proxy.ts";
import { readRecordFile } from "./record-file.ts";
import { KEY_PREFIX, SCHEMA, type Servers } from "./servers.ts";
import type { WorkerSettings } from "./worker-settings.ts";
import type { Operation, ReportedEvent } from "./history.ts";

type Kind = Pick<WorkerSettings, "durability" | "maxStalenessMs" | "lanes"> & { readonly hasRedis: boolean };

/** The processes of a run: each reads and writes in another way. */
export const workerKinds: readonly Kind[] = [
  { durability: "sync", maxStalenessMs: 0, lanes: 8, hasRedis: true },
  { durability: "async", maxStalenessMs: 2_000, lanes: 8, hasRedis: true },
  { durability: "exit", maxStalenessMs: 2_000, lanes: 8, hasRedis: true },
  { durability: "sync", maxStalenessMs: 2_000, lanes: 8, hasRedis: true },
  { durability: "async", maxStalenessMs: 0, lanes: 8, hasRedis: true },
  // What it commits, the others' drafts are in conflict with.
  { durability: "sync", maxStalenessMs: 0, lanes: 2, hasRedis: false },
];

/** What all workers of a run have in common. */
interface Run {
  readonly seed: number;
  /** Where their records are. */
  readonly folder: string;
  /** The path of what they run. */
  readonly program: string;
}

/** One process, which is started again when it was killed, and its links to the servers. */
export class Worker {
  readonly postgres: TcpProxy;
  readonly redis: TcpProxy;
  /** Which of its processes ended by themselves, and how. */
  readonly crashes: string[] = [];
  readonly #index: number;
  readonly #seed: number;
  readonly #folder: string;
  readonly #program: string;
  #starts = 0;
  #child: ChildProcess | undefined;
  #isMeantToEnd = false;
  readonly #paths: string[] = [];

  private constructor(index: number, { seed, folder, program }: Run, links: { postgres: TcpProxy; redis: TcpProxy }) {
    this.#index = index;
    this.#seed = seed;
    this.#folder = folder;
    this.#program = program;
    this.postgres = links.postgres;
    this.redis = links.redis;
  }

  static async start(servers: Servers, index: number, run: Run): Promise<Worker> {
    const links = { postgres: await startTcpProxy(servers.workerDsn), redis: await startTcpProxy(servers.redis.url) };
    const worker = new Worker(index, run, links);
    await worker.begin();
    return worker;
  }

  /** Its name, over all its lives. */
  get name(): string {
    return `w${this.#index}`;
  }

  /** Starts its process; answers when it has begun to work, or has ended before. */
  async begin(): Promise<void> {
    const kind = workerKinds[this.#index];
    if (kind === undefined) throw new Error(`there are ${workerKinds.length} kinds of workers`);
    const { hasRedis, ...settingsOfKind } = kind;
    const name = `${this.name}.${++this.#starts}`;
    const recordPath = join(this.#folder, `${name}.jsonl`);
    this.#paths.push(recordPath);
    const settings: WorkerSettings = {
      name,
      seed: this.#seed * 1_000 + this.#index * 100 + this.#starts,
      postgresDsn: this.postgres.url,
      redisUrl: hasRedis ? this.redis.url : null,
      schema: SCHEMA,
      keyPrefix: KEY_PREFIX,
      ...settingsOfKind,
      recordPath,
    };
    this.#isMeantToEnd = false;
    const child = spawn(process.execPath, [this.#program, JSON.stringify(settings)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child = child;
    child.once("exit", (code, signal) => {
      if (!this.#isMeantToEnd || (code !== 0 && signal !== "SIGKILL")) this.crashes.push(`${name}: ${code ?? signal}`);
    });
    await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  }

  /** Ends its process without a word to it. */
  async kill(): Promise<void> {
    await this.#end((child) => child.kill("SIGKILL"));
  }

  /** Lets its process finish what it does, release its checkpointer, and end. */
  async finish(): Promise<void> {
    await this.#end((child) => child.stdin?.end());
  }

  /** Undoes all that was done to its links. */
  async heal(): Promise<void> {
    for (const link of [this.postgres, this.redis]) {
      link.delay(0);
      link.release();
      link.cut();
      await link.accept();
    }
  }

  /** Closes its links. */
  close(): void {
    this.postgres.close();
    this.redis.close();
  }

  /** All that its processes have recorded. */
  records(): { readonly operations: Operation[]; readonly events: ReportedEvent[] } {
    const files = this.#paths.filter((path) => existsSync(path)).map(readRecordFile);
    return {
      operations: files.flatMap(({ operations }) => operations),
      events: files.flatMap(({ events }) => events),
    };
  }

  async #end(end: (child: ChildProcess) => void): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#isMeantToEnd = true;
    const ended = once(child, "exit");
    end(child);
    await ended;
  }
}
