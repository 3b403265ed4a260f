import type { AnyId } from "../../model/config.ts";
import type { HotKey } from "../hot-log.ts";

/**
 * Threads are spread over so many buckets; the bucket is the part of a key by which Redis Cluster places it, so that a thread's keys and its
 * place in `dirty` can be changed in one step. Stored data depends on the number.
 */
export const BUCKETS = 256;

/** The keys that one thread's namespace uses. */
export interface KeyNames {
  /** The stream of its entries; also the channel on which a new end is announced. */
  readonly log: string;
  /** The hash that says which version is the newest, and since when that is known. */
  readonly head: string;
  /** The bucket's sorted set of threads with drafts. */
  readonly dirty: string;
  /** What stands for the thread in `dirty`. */
  readonly member: string;
  /** The bucket. */
  readonly bucket: number;
}

/** A prefix as it stands in keys: braces in it would decide where Redis Cluster places everything. */
export function prefixText(prefix: string): string {
  return prefix.replaceAll(/[%{}]/g, escapeUnit);
}

/** The keys of a thread's namespace. */
export function keyNames(prefix: string, { threadId, namespace }: HotKey): KeyNames {
  const member = `${idToText(threadId)}:${escapeText(namespace)}`;
  const bucket = bucketOf(member.slice(0, member.indexOf(":")));
  const start = `${prefix}{${bucket}}:`;
  return {
    log: `${start}${member}:log`,
    head: `${start}${member}:head`,
    dirty: `${start.slice(0, -1)}:dirty`,
    member,
    bucket,
  };
}

/** The sorted set of a bucket's threads with drafts. */
export function dirtyName(prefix: string, bucket: number): string {
  return `${prefix}{${bucket}}:dirty`;
}

/** The thread's namespace that a member of `dirty` stands for; null: it is none of ours. */
export function memberKey(member: string): HotKey | null {
  const [thread, namespace, ...more] = member.split(":");
  if (thread === undefined || namespace === undefined || more.length > 0) return null;
  const threadId = textToId(thread);
  const text = unescapeText(namespace);
  return threadId === null || text === null ? null : { threadId, namespace: text };
}

/** An id as text from which it can be read again: 1, 1n and "1" are three ids. */
export function idToText(id: AnyId): string {
  if (typeof id === "string") return escapeText(id);
  return typeof id === "number" ? `#${id}` : `#${id}n`;
}

/** What {@link idToText} made of an id; null: it is none. */
export function textToId(text: string): AnyId | null {
  const match = /^#(-?\d{1,20})(n?)$/.exec(text);
  if (match === null) return unescapeText(text);
  return match[2] === "n" ? BigInt(String(match[1])) : Number(match[1]);
}

/** What would join two texts in more than one way, is unreadable in a terminal, or has no UTF-8. */
const UNSAFE = /[%:{}#\0-\u{20}\u{7f}]|\p{Surrogate}/gu;

function escapeText(text: string): string {
  return text.replaceAll(UNSAFE, escapeUnit);
}

function escapeUnit(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x80 ? `%${code.toString(16).padStart(2, "0")}` : `%u${code.toString(16)}`;
}

function unescapeText(text: string): string | null {
  const plain = text.replaceAll(/%(?:u([\da-f]{4})|([\da-f]{2}))/g, (_, unit: string | undefined, byte: string) =>
    String.fromCharCode(Number.parseInt(unit ?? byte, 16)),
  );
  return escapeText(plain) === text ? plain : null;
}

/** FNV-1a of the UTF-16 units: quick, and even enough. */
function bucketOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01_00_01_93);
  return ((hash >>> 16) ^ hash) & (BUCKETS - 1);
}
