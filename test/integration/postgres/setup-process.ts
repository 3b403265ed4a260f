// One of many processes that set up the same tables in the same moment. Arguments: connection string, schema, thread.
import { once } from "node:events";
import { createState, PgCheckpointer } from "../../../src/index.ts";

const [postgresDsn = "", schema = "", threadId = ""] = process.argv.slice(2);
const checkpointer = new PgCheckpointer({ postgresDsn, schema });
process.stdout.write("ready\n");
await once(process.stdin, "data");
await checkpointer.setup();
await checkpointer.putState({ threadId }, createState());
await checkpointer.release();
process.stdin.destroy();
