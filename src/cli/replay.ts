import { isDeepStrictEqual } from "node:util";
import type { AgentState, BaseCheckpointer, Message, ThreadConfig } from "../index.ts";
import { ConflictError, createState } from "../index.ts";
import { CliError } from "./cli-error.ts";
import type { Conversation } from "./import-file.ts";
import { shorten } from "./terminal.ts";
import { executionMetaAt, turnsOf } from "./turns.ts";

/** Where and how a conversation is replayed. */
export interface ReplayOptions {
  /** Whose thread it becomes. */
  readonly userId: string | undefined;
  /** The name of the file that it comes from, kept in the thread's metadata. */
  readonly fileName: string;
  /** Called after each turn that was stored, with the number of its messages. */
  readonly onTurn: (messageCount: number) => void;
}

/** What a replay stored. */
export interface Replayed {
  /** Messages that were there already. */
  readonly found: number;
  /** Messages stored now. */
  readonly messages: number;
  /** Versions stored now. */
  readonly versions: number;
}

/** A thread's state, or that there is none yet. */
type Position = AgentState | null;

/** How wide a title may be that a thread gets from what the user first said. */
const MAX_NAME_COLUMNS = 80;

/**
 * Stores a conversation turn by turn, as the agent itself would have done. A turn is stored whole or not at all, with its messages' ids
 * known beforehand: so the state's context tells exactly how far an earlier replay came, and this one goes on behind it.
 *
 * @throws CliError if the thread exists and holds anything else
 */
export async function replay(
  checkpointer: BaseCheckpointer,
  conversation: Conversation,
  options: ReplayOptions,
): Promise<Replayed> {
  const config = configOf(conversation.id, options.userId);
  let position = await positionIn(checkpointer, config, conversation);
  const found = lengthOf(position);
  let [messages, versions] = [0, 0];
  for (;;) {
    try {
      for (const turn of turnsOf(conversation.messages.slice(lengthOf(position)))) {
        position = await storeTurn(checkpointer, { config, conversation, position, turn, fileName: options.fileName });
        versions++;
        messages += turn.length;
        options.onTurn(turn.length);
      }
      return { found, messages, versions };
    } catch (error) {
      // Somebody else replays the same conversation: go on behind them. If they got nowhere, it was something else.
      if (!(error instanceof ConflictError)) throw error;
      const before = lengthOf(position);
      position = await positionIn(checkpointer, config, conversation);
      if (lengthOf(position) <= before) throw error;
    }
  }
}

/** The thread's config for a user, or for the application itself. */
export function configOf(threadId: string, userId: string | undefined): ThreadConfig {
  return userId === undefined ? { threadId } : { threadId, userId };
}

function lengthOf(position: Position): number {
  return position?.context.length ?? 0;
}

async function positionIn(
  checkpointer: BaseCheckpointer,
  config: ThreadConfig,
  conversation: Conversation,
): Promise<Position> {
  // In this order: somebody else may make the thread meanwhile, and then its state is there as soon as it is.
  if ((await checkpointer.getThread(config)) === null) return null;
  const state = await checkpointer.getState(config);
  if (state === null) {
    throw new CliError(`thread ${JSON.stringify(conversation.id)} exists, but has no state; nothing was stored`);
  }
  const shared = Math.min(state.context.length, conversation.messages.length);
  for (let index = 0; index < shared; index++) {
    if (isDeepStrictEqual(state.context[index], conversation.messages[index])) continue;
    throw differing(conversation, index);
  }
  if (shared === 0) throw differing(conversation, 0);
  return state;
}

function differing(conversation: Conversation, index: number): CliError {
  return new CliError(
    `thread ${JSON.stringify(conversation.id)} exists and holds another conversation, ` +
      `which differs from message ${index + 1} on; nothing was stored`,
  );
}

interface Turn {
  readonly config: ThreadConfig;
  readonly conversation: Conversation;
  readonly position: Position;
  readonly turn: readonly Message[];
  readonly fileName: string;
}

async function storeTurn(checkpointer: BaseCheckpointer, step: Turn): Promise<AgentState> {
  const { config, conversation, position, turn } = step;
  const state = position ?? createState();
  const before = state.context.length;
  const isLast = before + turn.length === conversation.messages.length;
  const next: AgentState = {
    ...state,
    context: [...state.context, ...turn],
    executionMeta: executionMetaAt(state.executionMeta.step + 1, isLast),
  };
  // Two things are on purpose. A new thread must still be new (`ifVersion: 0`): a state that carries no version would overwrite. And
  // the turn gets no metadata: `checkpoint` would lay it under each message too, which are to be stored as they were recorded.
  const isNew = position === null;
  const stored = await checkpointer.checkpoint(
    config,
    { state: next, messages: turn, ...(isNew ? { thread: threadOf(conversation, step.fileName) } : {}) },
    isNew ? { ifVersion: 0 } : {},
  );
  const written = stored.state ?? next;
  // The stored messages are frozen, so the next turn need not copy them to know that they did not change.
  written.context.splice(before, turn.length, ...stored.messages);
  return written;
}

function threadOf(
  conversation: Conversation,
  fileName: string,
): { threadName: string | null; metadata: Record<string, unknown> } {
  return { threadName: nameOf(conversation), metadata: { importedFrom: fileName, ...conversation.extra } };
}

/** What the thread is called: what the file calls it, or the beginning of what the user first said. */
function nameOf({ extra, messages }: Conversation): string | null {
  if (typeof extra["title"] === "string") return extra["title"];
  const block = messages.find((message) => message.role === "user")?.content.find(({ type }) => type === "text");
  if (block?.type !== "text") return null;
  return shorten(block.text.replace(/\s+/g, " ").trim(), MAX_NAME_COLUMNS);
}
