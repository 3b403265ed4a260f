import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { freePort, installThroughApt, killOnExit, makeServerFolder, untilAnswers } from "./local-server.ts";
import { asServerUser, giveToServerUser } from "./server-user.ts";

/** A running PgBouncer. */
export interface PgBouncer {
  /** Connection string of the server behind it, through it. */
  readonly url: string;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

/** Fewer than the clients have connections: so each transaction meets what another one has left. */
const SERVER_CONNECTIONS = 3;

/**
 * Starts a PgBouncer in transaction mode, on a free port of 127.0.0.1, in a temporary folder that goes with it. It is installed through apt
 * where it is missing and that is possible.
 *
 * @param databaseUrl - the server behind it
 * @throws Error saying what to install
 */
export async function startPgBouncer(databaseUrl: string): Promise<PgBouncer> {
  requireProgram();
  const folder = makeServerFolder("PgBouncer");
  giveToServerUser(folder.path);
  const url = new URL(databaseUrl);
  const target = url.href;
  // Its clients have a password of their own, as those of a real one may.
  [url.hostname, url.port, url.password] = ["127.0.0.1", String(await freePort()), randomUUID()];
  const configuration = join(folder.path, "pgbouncer.ini");
  const users = join(folder.path, "users.txt");
  writeOwn(users, `"${decodeURIComponent(url.username)}" "${url.password}"\n`);
  writeOwn(configuration, configurationOf({ target: new URL(target), port: url.port, users }));
  const [command, all] = asServerUser("pgbouncer", ["-q", configuration]);
  const server = spawn(command, all, { stdio: "ignore", cwd: "/" });
  const forget = killOnExit(() => {
    server.kill("SIGKILL");
    folder.remove();
  });
  await untilAnswers(
    "PgBouncer",
    () => connect(url.href),
    () => server.exitCode !== null,
  );
  return {
    url: url.href,
    async stop() {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGKILL"); // it keeps nothing, and at a milder signal newer versions wait for the last client to leave
      await ended;
      forget();
      folder.remove();
    },
  };
}

interface Configuration {
  readonly target: URL;
  readonly port: string;
  readonly users: string;
}

function configurationOf({ target, port, users }: Configuration): string {
  const server = {
    host: target.hostname,
    port: target.port === "" ? "5432" : target.port,
    user: decodeURIComponent(target.username),
    password: decodeURIComponent(target.password),
  };
  const given = Object.entries(server).filter(([, value]) => value !== "");
  const lines = [
    "[databases]",
    `* = ${given.map(([name, value]) => `${name}='${value.replaceAll("'", "''")}'`).join(" ")}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = scram-sha-256",
    `auth_file = ${users}`,
    "pool_mode = transaction",
    `default_pool_size = ${SERVER_CONNECTIONS}`,
    "max_client_conn = 500",
  ];
  return `${lines.join("\n")}\n`;
}

function writeOwn(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  giveToServerUser(path);
}

function requireProgram(): void {
  if (isInstalled()) return;
  installThroughApt("PgBouncer", "pgbouncer");
  if (isInstalled()) return;
  throw new Error("these tests need PgBouncer: install it (Debian: apt-get install pgbouncer)");
}

function isInstalled(): boolean {
  return spawnSync("pgbouncer", ["--version"], { stdio: "ignore" }).status === 0;
}

async function connect(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  await client.end();
}
