import type { AgentState, BaseCheckpointer, Message, ThreadConfig, ThreadInfo } from "../index.ts";
import { NotFoundError, versionOf } from "../index.ts";
import { CliError } from "./cli-error.ts";
import { existingThread } from "./existing-thread.ts";
import { messageLines } from "./message-lines.ts";
import { oneLine, plural, type Terminal, timeText } from "./terminal.ts";

/** What is shown. */
export interface ShowOptions {
  /** The version; undefined: the newest. */
  readonly version: number | undefined;
}

/** A thread as it is, or was at a version. */
export interface Shown {
  /** The thread. */
  readonly thread: ThreadInfo;
  /** The version of the state; null: there is no state. */
  readonly version: number | null;
  /** The newest version that there is; null: none. */
  readonly newestVersion: number | null;
  /** The state; null: there is none. */
  readonly state: AgentState | null;
  /** The messages: those of the state, or where there is none, those of the thread. */
  readonly messages: readonly Message[];
}

/** Reads a thread. */
export async function show(checkpointer: BaseCheckpointer, config: ThreadConfig, options: ShowOptions): Promise<Shown> {
  const thread = await existingThread(checkpointer, config);
  const [newest] = await checkpointer.listStates(config, { limit: 1 });
  const newestVersion = newest?.version ?? null;
  const state = await stateAt(checkpointer, config, { version: options.version, newestVersion });
  const messages = state?.context ?? (options.version === undefined ? await checkpointer.listMessages(config) : []);
  const version = state === null ? (options.version ?? null) : (versionOf(state) ?? options.version ?? null);
  return { thread, version, newestVersion, state, messages };
}

async function stateAt(
  checkpointer: BaseCheckpointer,
  config: ThreadConfig,
  { version, newestVersion }: { readonly version: number | undefined; readonly newestVersion: number | null },
): Promise<AgentState | null> {
  try {
    return await checkpointer.getState(config, { version });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const known = newestVersion === null ? "it has no state" : `its newest is ${newestVersion}`;
    throw new CliError(`thread ${JSON.stringify(config.threadId)} has no version ${version}; ${known}`);
  }
}

/** A thread for other programs: its messages stand in its state, and by themselves only where there is no state. */
export function shownJson({ messages, ...shown }: Shown): object {
  return shown.state === null ? { ...shown, messages } : shown;
}

/** The conversation as people read it. `isFull`: nothing is shortened. */
export function showText(shown: Shown, terminal: Terminal, isFull: boolean): string {
  const callNames = new Map(
    shown.messages.flatMap(({ toolCalls = [] }) => toolCalls.map((call) => [call.id, call.name] as const)),
  );
  const lines = headerLines(shown, terminal);
  for (const [index, message] of shown.messages.entries()) {
    lines.push("", ...messageLines(message, { position: index + 1, callNames, terminal, isFull }));
  }
  return lines.join("\n");
}

function headerLines({ thread, version, newestVersion, state, messages }: Shown, terminal: Terminal): string[] {
  const rows: [string, string][] = [["Thread", thread.threadId]];
  if (thread.userId !== null) rows.push(["User", thread.userId]);
  if (thread.threadName !== null) rows.push(["Name", thread.threadName]);
  rows.push(["Written", `${timeText(thread.updatedAt)} UTC`]);
  rows.push(["Version", versionText(version, newestVersion, state)]);
  if (state !== null) rows.push(["Status", statusText(state)], ["Messages", plural(state.context.length, "message")]);
  else if (messages.length > 0) rows.push(["Messages", `${plural(messages.length, "message")} of the thread`]);
  if (state !== null && state.contextSummary !== null) rows.push(["Summary", state.contextSummary]);
  return rows.map(([label, text]) => `${terminal.style.dim(label.padEnd(9))} ${oneLine(text)}`);
}

function versionText(version: number | null, newest: number | null, state: AgentState | null): string {
  if (newest === null) return "none: this thread has no state";
  if (state === null) return `${version ?? newest}: the state was cleared`;
  return version === newest ? `${version}, the newest` : `${version} of ${newest}`;
}

function statusText({ executionMeta }: AgentState): string {
  const node = executionMeta.currentNode === undefined ? "" : `, node ${executionMeta.currentNode}`;
  const reason = executionMeta.interruptReason === undefined ? "" : `: ${executionMeta.interruptReason}`;
  return `${executionMeta.status} at step ${executionMeta.step}${node}${reason}`;
}
