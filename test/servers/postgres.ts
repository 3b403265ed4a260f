import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** A running PostgreSQL. */
export interface PostgresServer {
  /** Connection string of a superuser. */
  readonly url: string;
  /** Stops the server and removes its folder, if it was started here; otherwise does nothing. */
  stop(): Promise<void>;
}

/** How long a server may take to answer. */
const START_TIMEOUT_MS = 60_000;

/**
 * The server that `DATABASE_URL` names; else one started for the caller, on a free port of 127.0.0.1, in a temporary folder that goes with it.
 * PostgreSQL is installed through apt where it is missing and that is possible.
 *
 * @throws Error saying what to install
 */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env["DATABASE_URL"];
  if (given !== undefined && given !== "") return { url: given, stop: async () => {} };
  const programs = findPrograms() ?? installPrograms();
  const folder = mkdtempSync(join(tmpdir(), "agenity-postgres-"));
  const data = join(folder, "data");
  own(folder);
  // With a password, as real servers ask for one: so that no error can quote it without a test noticing.
  const password = randomUUID();
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password);
  own(passwordFile);
  const access = ["-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
  run(join(programs, "initdb"), ["-D", data, ...access, "-E", "UTF8", "--no-sync"]);
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, "max_connections=200"];
  const server = spawnServer(join(programs, "postgres"), [
    "-D",
    data,
    "-p",
    String(port),
    ...settings.flatMap((setting) => ["-c", setting]),
  ]);
  // A server that is just ending may still write a file into a folder that is being removed.
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  const kill = (): void => {
    server.kill("SIGQUIT"); // PostgreSQL's immediate shutdown: nobody can wait here
    remove();
  };
  process.once("exit", kill);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  await answers(url, () => server.exitCode !== null);
  return {
    url,
    async stop() {
      process.off("exit", kill);
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGINT"); // its fast shutdown
      await ended;
      remove();
    },
  };
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
  if (isRoot() && existsSync("/usr/bin/apt-get")) {
    process.stderr.write("PostgreSQL is missing: installing it through apt …\n");
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore", env: environment });
    spawnSync("apt-get", ["install", "-y", "-qq", "postgresql"], { stdio: "ignore", env: environment });
    const programs = findPrograms();
    if (programs !== undefined) return programs;
  }
  throw new Error(
    "the tests need PostgreSQL 14 or later: install it (Debian: apt-get install postgresql), or set DATABASE_URL to a server",
  );
}

/** PostgreSQL refuses to run as root, so it runs as the user that its package made. */
function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function asServerUser(program: string, programArguments: readonly string[]): [string, string[]] {
  return isRoot() ? ["setpriv", [...serverUser(), program, ...programArguments]] : [program, [...programArguments]];
}

function serverUser(): string[] {
  const { uid, gid } = serverIds();
  // Not through a login: the process must be our own child, so that signals reach the server itself.
  return [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"];
}

function serverIds(): { readonly uid: number; readonly gid: number } {
  const id = (option: string): number => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

function own(folder: string): void {
  if (!isRoot()) return;
  const { uid, gid } = serverIds();
  if (statSync(folder).uid !== uid) chownSync(folder, uid, gid);
}

function run(program: string, programArguments: readonly string[]): void {
  const [command, all] = asServerUser(program, programArguments);
  const result = spawnSync(command, all, { encoding: "utf8", cwd: "/" });
  if (result.status !== 0) throw new Error(`${program} failed: ${result.stderr}`);
}

function spawnServer(program: string, programArguments: readonly string[]): ReturnType<typeof spawn> {
  const [command, all] = asServerUser(program, programArguments);
  return spawn(command, all, { stdio: "ignore", cwd: "/" });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

async function answers(url: string, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (hasEnded()) throw new Error("PostgreSQL ended while it was starting", { cause: error });
      if (Date.now() > deadline) throw new Error("PostgreSQL did not answer in time", { cause: error });
      await sleep(50); // it announces its readiness to nobody but those who ask
    }
  }
}
