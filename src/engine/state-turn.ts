import { randomUUID } from "node:crypto";
import type { LogState } from "../log/entry.ts";
import { sameStamp, type Stamp } from "../model/stamp.ts";
import type { Turn } from "../stores/cold-store.ts";
import type { NearCopy } from "./near-cache.ts";

/** What must stand for a state to be written. */
export type Base =
  /** Exactly this. */
  | { readonly kind: "stamp"; readonly stamp: Stamp }
  /** This version; 0: no state. */
  | { readonly kind: "version"; readonly version: number }
  /** Whatever stands. */
  | { readonly kind: "any" };

/** What a turn brings besides its state. */
export type TurnParts = Pick<Turn, "messages" | "thread">;

/** A state to be written; null: a clear. */
export interface StateTurn {
  /** The captured state. */
  readonly state: LogState | null;
  /** What it is based on. */
  readonly base: Base;
  /** JSON text, kept with the version. */
  readonly metadata: string;
  /** What travels with it. */
  readonly parts: TurnParts;
}

/** Nothing besides the state. */
export const noParts: TurnParts = { messages: [], thread: null };

/** Whether a head is what a write is based on. */
export function fits(base: Base, head: NearCopy): boolean {
  if (base.kind === "any") return true;
  if (base.kind === "stamp") return sameStamp(head.stamp, base.stamp);
  return head.stamp.version === base.version || (base.version === 0 && head.state === null);
}

/** The same, where there may be no head. */
export function stands(base: Base, head: NearCopy | null): boolean {
  return head === null ? base.kind !== "stamp" && expectedVersion(base) === 0 : fits(base, head);
}

/** The version that a write is based on, as its conflict tells it. */
export function expectedVersion(base: Base): number {
  if (base.kind === "any") return 0;
  return base.kind === "stamp" ? base.stamp.version : base.version;
}

/** The stamp that the store must find; null: no version. What does not exist is asked for all the same: the store says what is there. */
export function baseStamp(base: Base, head: NearCopy | null): Stamp | null {
  if (base.kind === "stamp") return base.stamp;
  if (head !== null) return head.stamp;
  const version = expectedVersion(base);
  return version === 0 ? null : { incarnation: 0, version, writeId: randomUUID() };
}
