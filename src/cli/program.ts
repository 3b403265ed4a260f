import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { CheckpointerError, InvalidConfigError } from "../index.ts";
import { CliError, exitStatus } from "./cli-error.ts";
import { fork, forkText } from "./fork-command.ts";
import { historyText, listHistory } from "./history-command.ts";
import { importFile } from "./import-command.ts";
import { openImportFile } from "./import-file.ts";
import { summaryJson, summaryText } from "./import-summary.ts";
import { idKinds, migrate, type MigrateOptions, migrationSql } from "./migrate-command.ts";
import { DEFAULT_DATA_DIR, type StoreOptions, withStore } from "./open-store.ts";
import { progressOn } from "./progress.ts";
import { configOf } from "./replay.ts";
import { show, shownJson, showText } from "./show-command.ts";
import { jsonText, terminalOf } from "./terminal.ts";
import { listThreads, threadsText } from "./threads-command.ts";

/** How many threads or versions are listed unless the user says so. */
const DEFAULT_LIMIT = 20;

/**
 * Runs the program.
 * @param args - the command line, without the program's own name
 * @returns the exit status
 */
export async function run(args: readonly string[]): Promise<number> {
  const outcome: Outcome = { status: exitStatus.done };
  try {
    await programFor(outcome).parseAsync(args, { from: "user" });
    return outcome.status;
  } catch (error) {
    // Help and version are errors to commander too, with status 0; all others of its are wrong command lines.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.usage;
    process.stderr.write(`agenity: ${textOf(error)}\n`);
    return statusOf(error);
  }
}

/** What a command that ends without an error has to say besides its output. */
interface Outcome {
  status: number;
}

function statusOf(error: unknown): number {
  if (error instanceof CliError) return error.status;
  return error instanceof InvalidConfigError ? exitStatus.usage : exitStatus.failed;
}

function textOf(error: unknown): string {
  if (error instanceof CliError || error instanceof CheckpointerError) return error.message;
  // Anything else is a mistake of ours, and its stack is what a report needs.
  return `unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

function programFor(outcome: Outcome): Command {
  const program = new Command("agenity");
  program
    .description(
      "Session memory for AI agents: import recorded conversations, look at threads, their history, and forks.",
    )
    .version(versionText(), "-V, --version", "print the version of agenity")
    // Otherwise `show THREAD --version 3` would print the program's version.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError("(add --help for help)")
    .addHelpText(
      "after",
      `
Examples:
  $ agenity import conversations.jsonl            into an embedded database in ${DEFAULT_DATA_DIR}
  $ agenity threads --search refund
  $ agenity show airline-0-0 --version 3
  $ agenity history airline-0-0 --limit 5
  $ agenity fork airline-0-0 what-if --version 3
  $ agenity --database postgres://localhost/app threads --user alice

Exit status: 0 done; 1 something could not be done; 2 wrong usage.`,
    );
  addImport(program, outcome);
  addThreads(program);
  addShow(program);
  addHistory(program);
  addFork(program);
  addMigrate(program);
  withStoreOptions(program);
  for (const command of program.commands) withStoreOptions(command);
  return program;
}

/** The options that choose the store. They may stand before the command's name and behind it. */
function withStoreOptions(command: Command): Command {
  return command
    .option("--database <url>", "a PostgreSQL server, as postgres://user@host/name")
    .option("--data-dir <folder>", `a folder with an embedded database (default: ${DEFAULT_DATA_DIR})`)
    .option("--schema <name>", "the schema of the tables")
    .option("--row-level-security", "the tables have policies that keep users apart, or are to get them from migrate")
    .option("--user <id>", "this user's threads only; threads that are made become theirs")
    .option("--json", "print JSON, for other programs");
}

/** The options of a command, those given before its name included. */
function optionsOf<T extends object>(own: T, command: Command): T & StoreOptions {
  return { ...command.parent?.opts(), ...own };
}

function addImport(program: Command, outcome: Outcome): void {
  program
    .command("import")
    .summary("store recorded conversations, turn by turn")
    .description(
      // Each paragraph is one line: commander wraps it to the terminal's width.
      [
        "Stores recorded conversations as the agents themselves would have: turn by turn, a version each.",
        `The file has one JSON object a line, with an "id", which becomes the thread, and "messages" in OpenAI's chat format, tool calls included. Other fields become the thread's metadata.`,
        "A turn is all that happened since the model's last answer (instructions, what the user said, what tools answered) and the answer; what follows the last answer is a turn too.",
        "Run it again after an interruption, or when the file has grown: it goes on where it stopped. A line that cannot be stored is told with its number, and the others are stored.",
      ].join("\n\n"),
    )
    .argument("<file>", "the conversations, as JSON lines")
    .addHelpText(
      "after",
      `
Examples:
  $ agenity import conversations.jsonl
  $ agenity import conversations.jsonl --user alice --data-dir /var/lib/sessions
  $ agenity import conversations.jsonl --database postgres://localhost/app --schema agents`,
    )
    .action(async (path: string, own: object, command: Command) => {
      const options = optionsOf(own, command);
      await using file = await openImportFile(path);
      const summary = await withStore(options, true, (checkpointer) =>
        importFile(checkpointer, {
          path,
          file,
          userId: options.user,
          progress: progressOn(process.stderr, file.bytes),
        }),
      );
      print(options.json ? jsonText(summaryJson(summary), 2) : summaryText(summary, path));
      if (summary.failed > 0) outcome.status = exitStatus.failed;
    });
}

function addThreads(program: Command): void {
  program
    .command("threads")
    .summary("list threads")
    .description("Lists threads, most recently written first.")
    .option("--search <text>", "only threads whose name or metadata contains this text")
    .addOption(limitOption("threads"))
    .addHelpText("after", `\nExamples:\n  $ agenity threads\n  $ agenity threads --search refund --limit 5 --json`)
    .action(async (own: { search?: string; limit: number }, command: Command) => {
      const options = optionsOf(own, command);
      const { user: userId, search, limit } = options;
      const list = await withStore(options, false, (checkpointer) =>
        listThreads(checkpointer, { userId, search, limit }),
      );
      print(options.json ? jsonText(list.threads, 2) : threadsText(list, terminal()));
    });
}

function addShow(program: Command): void {
  program
    .command("show")
    .summary("print a thread's conversation")
    .description("Prints a thread's conversation, as it is or as it was at a version.")
    .argument("<thread>", "the thread")
    .addOption(versionOption("the version to show"))
    .option("--full", "shorten nothing: instructions, tool calls and results in full")
    .addHelpText("after", `\nExamples:\n  $ agenity show airline-0-0\n  $ agenity show airline-0-0 --version 3 --full`)
    .action(async (threadId: string, own: { version?: number; full?: boolean }, command: Command) => {
      const options = optionsOf(own, command);
      const config = configOf(threadId, options.user);
      const { version } = options;
      const shown = await withStore(options, false, (checkpointer) => show(checkpointer, config, { version }));
      print(options.json ? jsonText(shownJson(shown), 2) : showText(shown, terminal(), options.full ?? false));
    });
}

function addHistory(program: Command): void {
  program
    .command("history")
    .summary("list a thread's versions")
    .description("Lists the versions of a thread's state and what each changed, newest first.")
    .argument("<thread>", "the thread")
    .addOption(limitOption("versions"))
    .addHelpText("after", `\nExample:\n  $ agenity history airline-0-0 --limit 5`)
    .action(async (threadId: string, own: { limit: number }, command: Command) => {
      const options = optionsOf(own, command);
      const config = configOf(threadId, options.user);
      const history = await withStore(options, false, (checkpointer) =>
        listHistory(checkpointer, config, options.limit),
      );
      print(options.json ? jsonText(history.versions, 2) : historyText(history, terminal()));
    });
}

function addFork(program: Command): void {
  program
    .command("fork")
    .summary("copy a thread into a new one")
    .description("Copies a thread, with its history and messages, into a new one: as it is, or as it was at a version.")
    .argument("<thread>", "the thread to copy")
    .argument("<new-thread>", "the thread to make")
    .addOption(versionOption("the version to copy at"))
    .addHelpText("after", `\nExample:\n  $ agenity fork airline-0-0 what-if --version 3`)
    .action(async (...[threadId, newThreadId, own, command]: [string, string, { version?: number }, Command]) => {
      const options = optionsOf(own, command);
      const { user, version } = options;
      const to = configOf(newThreadId, user);
      const forked = await withStore(options, false, (checkpointer) =>
        fork(checkpointer, configOf(threadId, user), { to, version }),
      );
      print(options.json ? jsonText(forked, 2) : forkText(forked, threadId));
    });
}

function addMigrate(program: Command): void {
  const idType = (flag: string, whose: string): Option =>
    new Option(`${flag} <type>`, `the type of ${whose} ids (default: string)`).choices(idKinds);
  program
    .command("migrate")
    .summary("make the tables, or print the SQL that does")
    .description(
      [
        "Makes the tables, or brings them up to date, as setup() does.",
        "With --print nothing is done: the SQL is printed, one transaction, for a database administrator to run where programs may not create tables.",
      ].join("\n\n"),
    )
    .option("--print", "print the SQL instead of running it")
    .option("--table-prefix <prefix>", "what the tables' names begin with (default: agent_)")
    .addOption(idType("--id-type", "thread"))
    .addOption(idType("--user-id-type", "user"))
    .option("--role <name>", "with --print: also grant this role what running needs")
    .addOption(
      new Option("--from-version <number>", "with --print: the schema version that the tables have").argParser(
        positive,
      ),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ agenity migrate --database postgres://owner@localhost/app --schema agents
  $ agenity migrate --print --schema agents --role app > agenity.sql
  $ psql --set ON_ERROR_STOP=1 --file agenity.sql postgres://owner@localhost/app`,
    )
    .action(async (own: object, command: Command) => {
      const options: MigrateOptions = optionsOf(own, command);
      if (options.print) return print(migrationSql(options).trimEnd());
      await migrate(options);
      print(options.json ? jsonText({ upToDate: true }, 2) : "the tables are up to date");
    });
}

function limitOption(what: string): Option {
  return new Option("--limit <count>", `at most so many ${what}`).default(DEFAULT_LIMIT).argParser(positive);
}

function versionOption(description: string): Option {
  return new Option("--version <number>", `${description} (default: the newest)`).argParser(positive);
}

function positive(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value < 2 ** 31) return value;
  throw new InvalidArgumentError("Expected a whole number from 1.");
}

function terminal(): ReturnType<typeof terminalOf> {
  return terminalOf(process.stdout);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function versionText(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
