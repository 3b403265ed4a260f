// The smallest program with a memory. Run it twice: the second time it remembers the first.
import { createState, Message, PgCheckpointer } from "agenity";

// An embedded PostgreSQL in a folder; on a server: new PgCheckpointer({ postgresDsn: "postgresql://…" }).
const checkpointer = new PgCheckpointer({ dataDir: process.argv[2] ?? "./.agenity" });
await checkpointer.setup();
try {
  const config = { threadId: "trip-to-lisbon", userId: "alice" };
  const state = (await checkpointer.getState(config)) ?? createState();
  console.log(`I remember ${state.context.length} messages.`);

  const turn = [
    Message.text("Where were we?"),
    Message.text(`At message ${state.context.length + 1}, in Lisbon.`, { role: "assistant" }),
  ];
  state.context.push(...turn);
  // One atomic turn: the state, its messages, and the thread's name.
  await checkpointer.checkpoint(config, { state, messages: turn, thread: { threadName: "Trip to Lisbon" } });

  for (const message of await checkpointer.listMessages(config)) {
    console.log(`${message.role}: ${Message.textOf(message)}`);
  }
} finally {
  await checkpointer.release();
}
