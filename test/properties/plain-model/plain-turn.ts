import {
  AccessDeniedError,
  type AgentState,
  ConflictError,
  type Message,
  type ThreadConfig,
  type ThreadFields,
} from "../../../src/index.ts";
import type { AnyFields } from "../../../src/conformance/subject.ts";
import type { PlainThread, PlainVersion, PlainWorld } from "./plain-world.ts";

/** Exactly which version a state was read at. */
export interface PlainStamp {
  readonly life: number;
  readonly version: number;
  readonly write: number;
}

/** What must stand for a state to be written: a version that was read; a number; or anything. */
export type PlainBase = PlainStamp | number | "anything";

/** What one write brings to one thread: all of it is kept, or nothing. */
export interface PlainTurn {
  readonly state?: {
    /** Null: a clear. */
    readonly state: AgentState<AnyFields> | null;
    readonly base: PlainBase;
    readonly metadata: AnyFields | undefined;
  };
  readonly messages?: readonly Message[];
  readonly thread?: ThreadFields | undefined;
}

/** The newest version of a namespace. */
export function newestOf(thread: PlainThread | undefined, namespace = ""): PlainVersion | undefined {
  return thread?.states.get(namespace)?.at(-1);
}

/** Writes a turn. @throws AccessDeniedError, ConflictError, and then nothing is written */
export function writePlainly(world: PlainWorld, config: ThreadConfig, turn: PlainTurn): PlainThread {
  const { threadId, userId, namespace = "", runId } = config;
  const there = world.threads.get(threadId);
  if (there !== undefined && world.seen(threadId, userId) === undefined) throw new AccessDeniedError();
  if (turn.state !== undefined) requireBase(turn.state.base, there, newestOf(there, namespace));
  const now = world.now();
  const thread = there ?? madeThread(world, config, turn.thread?.createdAt ?? now);
  thread.updatedAt = new Date(turn.thread?.updatedAt ?? now);
  thread.runId = turn.thread?.runId === undefined ? (runId ?? thread.runId) : turn.thread.runId;
  changeFields(thread, turn.thread);
  for (const message of turn.messages ?? []) putPlainly(thread, message, now);
  if (turn.state !== undefined) {
    const { state, metadata } = turn.state;
    const versions = thread.states.get(namespace) ?? [];
    thread.states.set(namespace, versions);
    versions.push({
      version: versions.length + 1,
      write: world.number(),
      state: state === null ? null : { ...state, context: [...state.context] },
      metadata: { ...metadata },
      createdAt: now,
      nextPlace: thread.nextPlace,
    });
  }
  return thread;
}

function requireBase(base: PlainBase, thread: PlainThread | undefined, newest: PlainVersion | undefined): void {
  if (base === "anything") return;
  const actual = newest?.version ?? 0;
  if (typeof base === "number") {
    if (base === actual || (base === 0 && newest?.state === null)) return;
    throw new ConflictError(base, actual);
  }
  if (thread?.life === base.life && actual === base.version && newest?.write === base.write) return;
  throw new ConflictError(base.version, actual);
}

function madeThread(world: PlainWorld, { threadId, userId }: ThreadConfig, createdAt: Date | string): PlainThread {
  const thread: PlainThread = {
    threadId,
    owner: userId ?? null,
    life: world.number(),
    threadName: null,
    metadata: new Map(),
    runId: null,
    createdAt: new Date(createdAt),
    updatedAt: new Date(createdAt),
    messages: [],
    nextPlace: 1,
    states: new Map(),
  };
  world.threads.set(threadId, thread);
  return thread;
}

function changeFields(thread: PlainThread, fields: ThreadFields = {}): void {
  if (fields.threadName !== undefined) thread.threadName = fields.threadName;
  for (const [key, value] of Object.entries(fields.metadata ?? {})) {
    if (value === undefined) thread.metadata.delete(key);
    else thread.metadata.set(key, value);
  }
}

/** A message whose id is there takes its place, and its time where it tells none of its own. */
function putPlainly(thread: PlainThread, message: Message, now: Date): void {
  const index = thread.messages.findIndex((old) => old.message.messageId === message.messageId);
  const old = thread.messages[index];
  const sentAtMs = message.timestamp ?? old?.sentAtMs ?? now.getTime();
  if (old === undefined) thread.messages.push({ message, place: thread.nextPlace++, sentAtMs });
  else thread.messages[index] = { message, place: old.place, sentAtMs };
}
