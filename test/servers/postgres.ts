import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { freePort, installThroughApt, killOnExit, makeServerFolder, untilAnswers } from "./local-server.ts";
import { asServerUser, giveToServerUser } from "./server-user.ts";

/** A running PostgreSQL. */
export interface PostgresServer {
  /** Connection string of a superuser. */
  readonly url: string;
  /** Stops the server and removes its folder, if it was started here; otherwise does nothing. */
  stop(): Promise<void>;
}

/** A PostgreSQL of one test's own, which the test may break. */
export interface OwnPostgresServer extends PostgresServer {
  /** Ends all its processes without a word to anybody (SIGKILL). */
  kill(): Promise<void>;
  /** Ends it in its immediate mode: connections break, and it recovers from its log when it starts again. */
  quit(): Promise<void>;
  /** Stops all its processes from running, with all connections open (SIGSTOP). */
  freeze(): void;
  /** Lets a frozen one run again. */
  thaw(): void;
  /** Starts it on the same port and in the same folder, after it was ended; answers when it takes connections. */
  start(): Promise<void>;
}

/**
 * The server that `DATABASE_URL` names; else one started for the caller, on a free port of 127.0.0.1, in a temporary folder that goes with it.
 * PostgreSQL is installed through apt where it is missing and that is possible.
 *
 * @param settings - of `postgresql.conf`, for a server that is started
 * @throws Error saying what to install
 */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const given = process.env["DATABASE_URL"];
  if (given !== undefined && given !== "") return { url: given, stop: async () => {} };
  return await startPostgresServer(["max_connections=200", ...settings]);
}

/**
 * Starts a server for a test that breaks it.
 *
 * @param settings - of `postgresql.conf`, such as `"max_connections=50"`
 * @throws Error saying what to install
 */
export async function startPostgresServer(settings: readonly string[] = []): Promise<OwnPostgresServer> {
  return await startPostgresFrom(findPrograms() ?? installPrograms(), settings);
}

/**
 * Starts a server on a free port of 127.0.0.1, in a temporary folder that goes with it.
 *
 * @param programs - the folder of its programs
 * @param settings - of `postgresql.conf`
 */
export async function startPostgresFrom(
  programs: string,
  settings: readonly string[] = [],
): Promise<OwnPostgresServer> {
  const server = new LocalPostgres(programs, await freePort(), settings);
  await server.start();
  return server;
}

class LocalPostgres implements OwnPostgresServer {
  readonly url: string;
  readonly #folder = makeServerFolder("PostgreSQL");
  readonly #command: readonly [program: string, ...values: string[]];
  readonly #forget: () => void;
  #process: ChildProcess | undefined;

  constructor(programs: string, port: number, ownSettings: readonly string[]) {
    const data = join(this.#folder.path, "data");
    giveToServerUser(this.#folder.path);
    // With a password, as real servers ask for one: so that no error can quote it without a test noticing.
    const password = randomUUID();
    const passwordFile = join(this.#folder.path, "password");
    writeFileSync(passwordFile, password);
    giveToServerUser(passwordFile);
    const access = ["-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
    run(join(programs, "initdb"), ["-D", data, ...access, "-E", "UTF8", "--no-sync"]);
    const settings = ["listen_addresses=127.0.0.1", `unix_socket_directories=${this.#folder.path}`, ...ownSettings];
    const values = settings.flatMap((setting) => ["-c", setting]);
    this.#command = [join(programs, "postgres"), "-D", data, "-p", String(port), ...values];
    this.url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
    this.#forget = killOnExit(() => {
      this.#process?.kill("SIGCONT");
      this.#process?.kill("SIGQUIT");
      this.#folder.remove();
    });
  }

  async start(): Promise<void> {
    const [program, ...values] = this.#command;
    const started = spawnServer(program, values);
    this.#process = started;
    await untilAnswers(
      "PostgreSQL",
      () => connect(this.url),
      () => started.exitCode !== null || started.signalCode !== null,
    );
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.#end(() => this.#process?.kill("SIGINT")); // its fast shutdown
    this.#forget();
    this.#folder.remove();
  }

  kill(): Promise<void> {
    // Its children would go on for a moment, and a new server does not start beside them.
    return this.#end(() => this.#signalAll("SIGKILL"));
  }

  quit(): Promise<void> {
    return this.#end(() => this.#process?.kill("SIGQUIT"));
  }

  freeze(): void {
    this.#signalAll("SIGSTOP");
  }

  thaw(): void {
    this.#signalAll("SIGCONT");
  }

  async #end(signal: () => void): Promise<void> {
    const running = this.#process;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    signal();
    await ended;
  }

  /** First the one that would start others. */
  #signalAll(signal: NodeJS.Signals): void {
    const parent = this.#process?.pid;
    if (parent === undefined || this.#process?.exitCode !== null || this.#process.signalCode !== null) return;
    const frozenFirst = signal === "SIGKILL" ? "SIGSTOP" : signal;
    this.#process.kill(frozenFirst);
    for (const child of childrenOf(parent)) sendSignal(child, signal);
    this.#process.kill(signal);
  }
}

/** Each backend has a session of its own, so that no process group reaches them all. */
function childrenOf(parent: number): number[] {
  const listed = spawnSync("ps", ["-o", "pid=", "--ppid", String(parent)], { encoding: "utf8" });
  return listed.stdout.split("\n").map(Number).filter(Boolean);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has just ended by itself
  }
}

/** The folder of the programs: the newest version that is installed. */
function findPrograms(): string | undefined {
  const configured = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" });
  const folders = [configured.status === 0 ? configured.stdout.trim() : "", ...debianFolders()];
  return folders.find((folder) => folder !== "" && existsSync(join(folder, "initdb")));
}

function debianFolders(): string[] {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).toSorted((left, right) => Number(right) - Number(left));
  return versions.map((version) => join(root, version, "bin"));
}

function installPrograms(): string {
  installThroughApt("PostgreSQL", "postgresql");
  const programs = findPrograms();
  if (programs !== undefined) return programs;
  throw new Error(
    "the tests need PostgreSQL 14 or later: install it (Debian: apt-get install postgresql), or set DATABASE_URL to a server",
  );
}

function run(program: string, programArguments: readonly string[]): void {
  const [command, all] = asServerUser(program, programArguments);
  const result = spawnSync(command, all, { encoding: "utf8", cwd: "/" });
  if (result.status !== 0) throw new Error(`${program} failed: ${result.stderr}`);
}

function spawnServer(program: string, programArguments: readonly string[]): ChildProcess {
  const [command, all] = asServerUser(program, programArguments);
  return spawn(command, all, { stdio: "ignore", cwd: "/" });
}

async function connect(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  await client.end();
}
