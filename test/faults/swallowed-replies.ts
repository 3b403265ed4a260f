/**
 * Every turn's reply is swallowed: the connection is cut when the server has committed. Each turn must be there exactly once.
 * Run: npx tsx test/faults/swallowed-replies.ts [--count 100000]
 */
import { Command } from "commander";
import { startPostgres } from "../servers/postgres.ts";
import { swallowReplies } from "./swallow-replies.ts";
import { progressOn } from "./progress.ts";

const { count } = new Command("swallowed-replies")
  .option("--count <number>", "how many replies are swallowed", Number, 100_000)
  .parse()
  .opts<{ count: number }>();

const postgres = await startPostgres();
const progress = progressOn(process.stderr, count);
const faults = await swallowReplies(postgres.url, "swallowed_replies", count, (done) =>
  progress.update(done, `${done} replies`),
);
progress.stop();
await postgres.stop();
console.log(`${count} replies swallowed, ${faults.length} turns not there exactly once`);
for (const fault of faults.slice(0, 20)) console.log(fault);
if (faults.length > 0) process.exitCode = 1;
