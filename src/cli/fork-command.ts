import type { BaseCheckpointer, ThreadConfig, ThreadInfo } from "../index.ts";
import { ConflictError, NotFoundError, versionOf } from "../index.ts";
import { existingThread } from "./existing-thread.ts";
import { CliError } from "./cli-error.ts";
import { printable, plural } from "./terminal.ts";

/** A thread that was made from another one. */
export interface Forked {
  /** The new thread. */
  readonly thread: ThreadInfo;
  /** The version of its state; null: it has none. */
  readonly version: number | null;
  /** How many messages its state holds. */
  readonly messages: number;
}

/** Which copy is made. */
export interface ForkOptions {
  /** The thread to make. */
  readonly to: ThreadConfig;
  /** The version to copy at; undefined: the newest. */
  readonly version: number | undefined;
}

/** Copies a thread into a new one. */
export async function fork(
  checkpointer: BaseCheckpointer,
  from: ThreadConfig,
  { to, version }: ForkOptions,
): Promise<Forked> {
  await existingThread(checkpointer, from);
  const thread = await checkpointer.forkThread(from, to, { version }).catch((error: unknown) => {
    if (error instanceof ConflictError) {
      throw new CliError(`thread ${JSON.stringify(to.threadId)} exists already; give the copy another name`);
    }
    if (error instanceof NotFoundError && version !== undefined) {
      throw new CliError(`thread ${JSON.stringify(from.threadId)} has no version ${version}; see "agenity history"`);
    }
    throw error;
  });
  const state = await checkpointer.getState(to);
  return {
    thread,
    version: state === null ? null : (versionOf(state) ?? null),
    messages: state?.context.length ?? 0,
  };
}

/** What was made, in words. */
export function forkText({ thread, version, messages }: Forked, from: string): string {
  const at = version === null ? "it has no state" : `version ${version}, ${plural(messages, "message")}`;
  const owner = thread.userId === null ? "" : `, of user ${thread.userId}`;
  return printable(`forked ${from} into ${thread.threadId}${owner}: ${at}`);
}
