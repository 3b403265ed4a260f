import type { Scope } from "../stores/cold-store.ts";

/** Whose state: a thread's namespace. */
export type StateKey = Pick<Scope, "threadId" | "namespace">;

/** No id contains NUL, so this joins without ambiguity; a checkpointer's thread ids are all of one type. */
export function keyText(key: StateKey): string {
  return `${key.threadId}\0${key.namespace}`;
}
