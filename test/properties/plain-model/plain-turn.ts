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
  const { state, messages = [], thread: fields = {} } = turn;
  const there = world.threads.get(threadId);
  if (there !== undefined && world.seen(threadId, userId) === undefined) throw new AccessDeniedError();
  if (state !== undefined) requireBase(state.base, there, newestOf(there, namespace));
  const now = world.now();
  const thread = there ?? madeThread(world, config, fields.createdAt ?? now);
  thread.updatedAt = new Date(fields.updatedAt ?? now);
  changeFields(thread, fields, runId);
  for (const message of messages) putPlainly(thread, message, now);
  if (state !== undefined) addVersion(world, thread, { ...state, namespace, now });
  return thread;
}

interface AddedVersion extends NonNullable<PlainTurn["state"]> {
  readonly namespace: string;
  readonly now: Date;
}

function addVersion(world: PlainWorld, thread: PlainThread, added: AddedVersion): void {
  const { state, metadata, namespace, now } = added;
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

function requireBase(base: PlainBase, thread: PlainThread | undefined, newest: PlainVersion | undefined): void {
  if (base === "anything") return;
  const isThere = typeof base === "number" ? isNewestNumber(base, newest) : isNewestStamp(base, thread, newest);
  if (!isThere) throw new ConflictError(typeof base === "number" ? base : base.version, newest?.version ?? 0);
}

/** 0 names a state that was never written, and one that was cleared. */
function isNewestNumber(version: number, newest: PlainVersion | undefined): boolean {
  if (newest === undefined) return version === 0;
  return newest.version === version || (version === 0 && newest.state === null);
}

function isNewestStamp(stamp: PlainStamp, thread: PlainThread | undefined, newest: PlainVersion | undefined): boolean {
  return thread?.life === stamp.life && newest?.version === stamp.version && newest.write === stamp.write;
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

/** A thread's run is the last one that wrote, where the fields name no other. */
function changeFields(thread: PlainThread, fields: ThreadFields, runId: string | undefined): void {
  thread.runId = fields.runId === undefined ? (runId ?? thread.runId) : fields.runId;
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
