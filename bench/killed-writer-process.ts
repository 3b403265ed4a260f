/** The writer of killed-writer.ts: writes one version when told to, and says which in the moment in which it is committed. */
import { once } from "node:events";
import pg from "pg";
import { PgCheckpointer, versionOf } from "../src/index.ts";
import { takeTurn } from "./turns.ts";

const [url = "", schema = "", redisUrl = "", keyPrefix = ""] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 1 });
const checkpointer = new PgCheckpointer({ pgPool: pool, schema, redisUrl, keyPrefix });
const config = { threadId: "killed", userId: "alice" };
await checkpointer.getStateCache(config);
console.log("ready");
await once(process.stdin, "data");
const state = await checkpointer.getState(config);
if (state === null) throw new Error("there is no state");
const version = (versionOf(state) ?? 0) + 1;
takeTurn(state, version);
// The commit's answer has come when the connection is given back: before the cache is told, and before the call answers.
pool.on("release", () => process.stdout.write(`${version}\n`));
await checkpointer.putState(config, state);
await once(process.stdin, "close");
