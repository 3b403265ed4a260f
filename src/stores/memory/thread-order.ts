import type { AnyId } from "../../model/config.ts";

/** What a thread's place in a list depends on. */
export interface ThreadPlace {
  /** Its id. */
  readonly threadId: AnyId;
  /** When it was last written, in milliseconds since 1970. */
  readonly updatedAtMs: number;
}

/** Orders threads as lists show them: most recently updated first, then by id, descending. Negative: `left` stands first. */
export function compareThreads(left: ThreadPlace, right: ThreadPlace): number {
  return right.updatedAtMs - left.updatedAtMs || compareIds(right.threadId, left.threadId);
}

function compareIds(left: AnyId, right: AnyId): number {
  // By bytes of UTF-8, as PostgreSQL's collation "C": JavaScript's own order puts U+1F600 (surrogates) before U+FF5E.
  if (typeof left === "string" && typeof right === "string")
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
