/** A process that drafts, and is killed: commits a first state, drafts some more, says so, and waits. Started by killed-drafter.test.ts. */
import { once } from "node:events";
import { createState, PgCheckpointer } from "../../../src/index.ts";

const [postgresDsn, redisUrl = "", schema, keyPrefix, threadId = "", userId = "", durability] = process.argv.slice(2);
const checkpointer = new PgCheckpointer<Record<string, unknown>>({
  postgresDsn,
  redisUrl,
  schema,
  keyPrefix,
  durability: durability === "exit" ? "exit" : "async",
});
await checkpointer.setup();
const config = { threadId, userId };
const state = await checkpointer.putState(config, createState<Record<string, unknown>>({ n: 1 }), {
  durability: "sync",
});
for (let n = 2; n <= 20; n++) {
  await checkpointer.putState(config, Object.assign(state, { n }), { metadata: { draft: n } });
}
process.stdout.write("drafted\n");
await once(process.stdin, "close");
