import type { AnyId } from "./config.ts";

/**
 * Which committed state something is: equal only if all three are. Equal incarnation and version with another write id
 * come from two histories, of which the database has lost one.
 */
export interface Stamp {
  /** Which life of the thread: a number from a sequence, so that a thread deleted and made again is another one. */
  readonly incarnation: number;
  /** 1, 2, 3 … per thread and namespace. */
  readonly version: number;
  /** The id of the write that made it (a UUID). */
  readonly writeId: string;
}

/** What a returned state carries: where it comes from. Opaque to users. */
export interface VersionToken extends Stamp {
  /** The thread it was read from; a state put into another one overwrites. */
  readonly threadId: AnyId;
  /** The namespace it was read from. */
  readonly namespace: string;
}

/**
 * The key of a state's version token. A registered symbol, so that two copies of this library in one process understand each
 * other's states; enumerable, so that it survives a spread; a symbol, so that it never shows in JSON.
 */
const VERSION: unique symbol = Symbol.for("agenity.version") as never;

/** The token that a state carries, if any. */
export function tokenOf(state: object): VersionToken | undefined {
  return (state as { [VERSION]?: VersionToken })[VERSION];
}

/** A state with this token: the same object where it can be changed, else a shallow copy. */
export function withToken<T extends object>(state: T, token: VersionToken): T {
  const carrier = Object.isExtensible(state) && !Object.isFrozen(state) ? state : { ...state };
  (carrier as { [VERSION]?: VersionToken })[VERSION] = token;
  return carrier;
}

/** The version of a state that a checkpointer returned or stored (1, 2, 3 …); undefined for a fresh one. */
export function versionOf(state: object): number | undefined {
  return tokenOf(state)?.version;
}

/** Which of two stamps is newer, by incarnation, then version: less than 0: the second. Write ids have no order. */
export function compareStamps(one: Stamp, other: Stamp): number {
  return one.incarnation === other.incarnation ? one.version - other.version : one.incarnation - other.incarnation;
}

/** Whether two stamps are of the same committed state. */
export function sameStamp(one: Stamp | null | undefined, other: Stamp | null | undefined): boolean {
  return one?.version === other?.version && one?.writeId === other?.writeId && one?.incarnation === other?.incarnation;
}

/** Whether a stamp is the other or a newer one. Equal in incarnation and version only, they come from two histories: no. */
export function isAtLeast(one: Stamp, other: Stamp): boolean {
  const order = compareStamps(one, other);
  return order > 0 || (order === 0 && one.writeId === other.writeId);
}

/**
 * A short text that names exactly this state, for `atLeast`: put it into an HTTP header or a job's payload, and whoever reads the thread with it
 * sees this state or a newer one. Opaque. It holds no content; undefined for a state that no checkpointer has returned or stored.
 */
export function versionToken(state: object): string | undefined {
  const token = tokenOf(state);
  if (token === undefined) return undefined;
  return Buffer.from(`${token.incarnation}.${token.version}.${token.writeId}`).toString("base64url");
}

/** The stamp that a token of {@link versionToken} names; null: it is none. */
export function stampOf(token: string): Stamp | null {
  const match = /^(\d{1,16})\.(\d{1,10})\.([\da-f-]{36})$/.exec(Buffer.from(token, "base64url").toString());
  if (match === null) return null;
  return { incarnation: Number(match[1]), version: Number(match[2]), writeId: String(match[3]) };
}
