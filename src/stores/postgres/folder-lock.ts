import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StorageUnavailableError } from "../../model/errors.ts";

/** A folder that only this process may use, until it gives it back or ends. */
export interface FolderLock {
  /** Gives the folder back. */
  release(): Promise<void>;
}

/** How often a socket that a dead process left behind is cleared away before we give up. */
const ATTEMPTS = 5;

/**
 * Takes a folder for this process alone: the embedded database has no lock of its own, and two processes that write into one folder destroy
 * each other's work.
 *
 * The lock is a listening socket, because the operating system ends it with its process, however that dies, and says at once whether
 * somebody is behind it: a file with a process id can do neither. It holds on one machine; containers that share a folder do not see it.
 *
 * @throws StorageUnavailableError if another process, or another checkpointer of this one, has the folder
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  mkdirSync(folder, { recursive: true });
  const address = addressOf(realpathSync(folder));
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const server = await listenOn(address);
    if (server !== undefined) return lockOf(server);
    if ((await isAlive(address)) || (await clearAway(address))) throw takenError(folder);
  }
  throw takenError(folder);
}

/** In the temporary folder, because a socket's path must be short. */
function addressOf(path: string): string {
  const name = `agenity-${createHash("sha256").update(path).digest("hex").slice(0, 24)}`;
  return process.platform === "win32" ? `\\\\?\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

async function listenOn(address: string): Promise<Server | undefined> {
  const server = createServer((connection) => connection.destroy());
  server.listen(address);
  try {
    await once(server, "listening");
    server.unref();
    return server;
  } catch (error) {
    if ((error as { code?: unknown }).code === "EADDRINUSE") return undefined;
    throw new StorageUnavailableError(`no lock can be made at ${address}`, { retryable: false });
  }
}

async function isAlive(address: string): Promise<boolean> {
  const connection = connect(address);
  try {
    await once(connection, "connect");
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

/**
 * Clears a dead socket away. It is moved first, not removed: a move can be undone if somebody has just taken the place.
 * @returns whether it was alive after all; it is then back in its place
 */
async function clearAway(address: string): Promise<boolean> {
  const aside = `${address}.${randomUUID()}`;
  try {
    renameSync(address, aside);
  } catch {
    return false; // somebody else has cleared it away
  }
  if (await isAlive(aside)) {
    renameSync(aside, address);
    return true;
  }
  rmSync(aside, { force: true });
  return false;
}

function lockOf(server: Server): FolderLock {
  return {
    async release() {
      server.close();
      await once(server, "close");
    },
  };
}

function takenError(folder: string): StorageUnavailableError {
  return new StorageUnavailableError(
    `the embedded database in ${folder} is in use by another process or another checkpointer; ` +
      "close that one, or use a server (postgresDsn) where several processes share sessions",
    { retryable: false },
  );
}
