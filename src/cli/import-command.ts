import { basename } from "node:path";
import type { BaseCheckpointer } from "../index.ts";
import { AccessDeniedError, ConflictError, InvalidConfigError, SerializationError, ValidationError } from "../index.ts";
import { CliError } from "./cli-error.ts";
import { eachConcurrently } from "./each-concurrently.ts";
import { type Conversation, type ImportFile, type ImportLine } from "./import-file.ts";
import { addConversation, type ImportSummary, noSummary } from "./import-summary.ts";
import type { Progress } from "./progress.ts";
import { configOf, replay } from "./replay.ts";
import { snapshotBytesOf } from "./turns.ts";

/** How many conversations are replayed at once: enough that the store can write their turns in groups, few enough for any memory. */
const CONVERSATIONS_AT_ONCE = 8;

/** What is imported, and where it is told. */
export interface ImportOptions {
  /** The file, as the user named it. */
  readonly path: string;
  /** The file, open. */
  readonly file: ImportFile;
  /** Whose the threads become. */
  readonly userId: string | undefined;
  /** Where progress and problems are told. */
  readonly progress: Progress;
}

/** Replays every conversation of a file. A line that cannot be stored is told and counted; the others are stored all the same. */
export async function importFile(checkpointer: BaseCheckpointer, options: ImportOptions): Promise<ImportSummary> {
  const { file, progress } = options;
  let summary = noSummary;
  try {
    await eachConcurrently(file.lines, CONVERSATIONS_AT_ONCE, async (line) => {
      const outcome = await importLine(checkpointer, line, options);
      if (typeof outcome === "string") {
        progress.note(`${options.path}:${line.lineNumber}: ${outcome}`);
        summary = { ...summary, failed: summary.failed + 1 };
      } else {
        summary = addConversation(summary, outcome);
      }
    });
  } finally {
    progress.stop();
  }
  return summary;
}

type Outcome = Parameters<typeof addConversation>[1];

/** What a line brought, or why it could not be stored. */
async function importLine(
  checkpointer: BaseCheckpointer,
  line: ImportLine,
  options: ImportOptions,
): Promise<Outcome | string> {
  const meter = meterOf(line, options.progress);
  try {
    return typeof line.content === "string"
      ? line.content
      : await importConversation(checkpointer, line.content, { ...options, onTurn: meter.advance });
  } catch (error) {
    if (isAboutTheLine(error)) return error.message;
    throw error;
  } finally {
    meter.finish();
  }
}

async function importConversation(
  checkpointer: BaseCheckpointer,
  conversation: Conversation,
  options: ImportOptions & { readonly onTurn: (messageCount: number) => void },
): Promise<Outcome> {
  const { userId, onTurn } = options;
  const replayed = await replay(checkpointer, conversation, { userId, onTurn, fileName: basename(options.path) });
  const stored = await checkpointer.stats(configOf(conversation.id, userId));
  return { replayed, stored, snapshotBytes: snapshotBytesOf(conversation.messages) };
}

/** Whether an error concerns this conversation alone, so that the next one may well be stored. */
function isAboutTheLine(error: unknown): error is Error {
  const kinds = [CliError, AccessDeniedError, ConflictError, InvalidConfigError, SerializationError, ValidationError];
  return kinds.some((kind) => error instanceof kind);
}

/** Tells a line's bytes as its messages are stored, in whole numbers whose sum is the line's length. */
function meterOf(
  line: ImportLine,
  progress: Progress,
): { readonly advance: (messageCount: number) => void; readonly finish: () => void } {
  const total = typeof line.content === "string" ? 0 : line.content.messages.length;
  let messages = 0;
  let told = 0;
  return {
    advance(messageCount) {
      messages += messageCount;
      const bytes = Math.floor((line.bytes * messages) / total);
      progress.advance(bytes - told, messageCount);
      told = bytes;
    },
    finish() {
      progress.advance(line.bytes - told, 0);
    },
  };
}
