import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// What every server that the tests start for themselves needs: its package, a port, a folder, and an end when this process ends.

/** How long a server may take to answer. */
const START_TIMEOUT_MS = 60_000;

/** A folder of a server's own. */
export interface ServerFolder {
  /** Where it lies. */
  readonly path: string;
  /** Removes it with all that is in it. */
  remove(): void;
}

/** Makes a temporary folder for a server. */
export function makeServerFolder(product: string): ServerFolder {
  const path = mkdtempSync(join(tmpdir(), `agenity-${product.toLowerCase()}-`));
  // A server that is just ending may still write a file into a folder that is being removed.
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }) };
}

/** Whether this process may install packages, and has to name the user that a server runs as. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Installs a Debian package where that is possible. Whether it came to anything, the caller sees by looking for its programs. */
export function installThroughApt(product: string, packageName: string): void {
  if (!isRoot() || !existsSync("/usr/bin/apt-get")) return;
  process.stderr.write(`${product} is missing: installing it through apt …\n`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore", env: environment });
  spawnSync("apt-get", ["install", "-y", "-qq", packageName], { stdio: "ignore", env: environment });
}

/** A port of 127.0.0.1 on which nobody listens. */
export function freePort(): Promise<number> {
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

const killers = new Set<() => void>();

/** Has a server killed when this process ends before it; answers how to call that off. Nobody can wait in `kill`. */
export function killOnExit(kill: () => void): () => void {
  if (killers.size === 0) {
    process.once("exit", killAll);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, exit);
  }
  killers.add(kill);
  return () => {
    killers.delete(kill);
    if (killers.size > 0) return;
    process.off("exit", killAll);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, exit);
  };
}

function killAll(): void {
  for (const kill of killers) kill();
}

function exit(): void {
  process.exit(1);
}

/** Waits until `ask` no longer fails: a server that is starting announces its readiness to nobody but those who ask. */
export async function untilAnswers(product: string, ask: () => Promise<void>, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (hasEnded()) throw new Error(`${product} ended while it was starting`, { cause: error });
      if (Date.now() > deadline) throw new Error(`${product} did not answer in time`, { cause: error });
      await sleep(50);
    }
  }
}
