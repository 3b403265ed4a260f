import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
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

/**
 * The server that `DATABASE_URL` names; else one started for the caller, on a free port of 127.0.0.1, in a temporary folder that goes with it.
 * PostgreSQL is installed through apt where it is missing and that is possible.
 *
 * @throws Error saying what to install
 */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env["DATABASE_URL"];
  if (given !== undefined && given !== "") return { url: given, stop: async () => {} };
  return await startPostgresFrom(findPrograms() ?? installPrograms());
}

/**
 * Starts a server on a free port of 127.0.0.1, in a temporary folder that goes with it.
 *
 * @param programs - the folder of its programs
 */
export async function startPostgresFrom(programs: string): Promise<PostgresServer> {
  const folder = makeServerFolder("PostgreSQL");
  const data = join(folder.path, "data");
  giveToServerUser(folder.path);
  // With a password, as real servers ask for one: so that no error can quote it without a test noticing.
  const password = randomUUID();
  const passwordFile = join(folder.path, "password");
  writeFileSync(passwordFile, password);
  giveToServerUser(passwordFile);
  const access = ["-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
  run(join(programs, "initdb"), ["-D", data, ...access, "-E", "UTF8", "--no-sync"]);
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder.path}`, "max_connections=200"];
  const server = spawnServer(join(programs, "postgres"), [
    "-D",
    data,
    "-p",
    String(port),
    ...settings.flatMap((setting) => ["-c", setting]),
  ]);
  const forget = killOnExit(() => {
    server.kill("SIGQUIT"); // its immediate shutdown
    folder.remove();
  });
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  await untilAnswers(
    "PostgreSQL",
    () => connect(url),
    () => server.exitCode !== null,
  );
  return {
    url,
    async stop() {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGINT"); // its fast shutdown
      await ended;
      forget();
      folder.remove();
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

function spawnServer(program: string, programArguments: readonly string[]): ReturnType<typeof spawn> {
  const [command, all] = asServerUser(program, programArguments);
  return spawn(command, all, { stdio: "ignore", cwd: "/" });
}

async function connect(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  await client.end();
}
