// What `npm run demo` shows: recorded conversations become threads, one goes on in another process, and one is forked in its past.
// Everything happens in a temporary folder, which is removed at the end.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Message, PgCheckpointer, versionOf } from "agenity";

const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const sample = fileURLToPath(new URL("conversations.jsonl", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "agenity-demo-"));
const dataDir = join(folder, "store");
const threadId = "bakery-birthday-cake";

try {
  heading("Import recorded conversations, turn by turn");
  agenity("import", sample);

  heading("Import them again: nothing is stored twice");
  agenity("import", sample);

  heading("The threads");
  agenity("threads");

  heading("Another process finds the conversation where it stopped, and goes on");
  await goOn();

  heading("Its history");
  agenity("history", threadId);

  heading("What if the customer had not mentioned the allergy? A fork at version 2");
  agenity("fork", threadId, "bakery-what-if", "--version", "2");
  agenity("show", "bakery-what-if");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A program of yours: it reads the state, adds a turn, and writes it. */
async function goOn() {
  const checkpointer = new PgCheckpointer({ dataDir });
  await checkpointer.setup();
  try {
    const config = { threadId };
    const state = await checkpointer.getState(config);
    console.log(`version ${versionOf(state)}, ${state.context.length} messages; the last one:`);
    console.log(`  ${Message.textOf(state.context.at(-1))}`);

    const turn = [
      Message.text("One more thing: can you add seven candles?"),
      Message.text("Seven candles, with pleasure, and one for luck. 🕯️", { role: "assistant" }),
    ];
    state.context.push(...turn);
    const stored = await checkpointer.checkpoint(config, { state, messages: turn });
    console.log(`stored as version ${versionOf(stored.state)}, ${stored.state.context.length} messages`);
  } finally {
    await checkpointer.release();
  }
}

function agenity(...args) {
  console.log(`$ agenity ${args.join(" ").replace(sample, "examples/conversations.jsonl")}`);
  const { status, error } = spawnSync(process.execPath, [program, ...args, "--data-dir", dataDir], {
    stdio: "inherit",
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`agenity ${args[0]} ended with status ${status}`);
}

function heading(text) {
  console.log(`\n━━ ${text}\n`);
}
