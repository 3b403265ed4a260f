import { randomUUID } from "node:crypto";
import { AccessDeniedError, ConflictError, NotFoundError } from "../model/errors.ts";
import type { ColdStore, Scope } from "../stores/cold-store.ts";

/** Copies a thread inside the store, and says what was wrong where it could not. Answers the copy as it is asked for from then on. */
export async function forkThread(
  store: ColdStore,
  { source, target, version }: { readonly source: Scope; readonly target: Scope; readonly version: number | null },
): Promise<Scope> {
  const to = { to: target.threadId, owner: target.userId };
  const request = { from: source, incarnation: null, ...to, version, writeId: randomUUID() };
  switch (await store.forkThread(request)) {
    case "source-missing":
      throw new NotFoundError("from.threadId", "there is no such thread for this user");
    case "version-missing":
      throw new NotFoundError("options.version", `the thread has no version ${version}`);
    case "target-exists":
      throw new ConflictError(0, 0, "to.threadId: there is a thread of this id already; choose another id");
    case "forked":
      return { ...target, userId: target.userId ?? source.userId };
  }
}

/** A user's thread is his, and so is a copy of it. @throws AccessDeniedError */
export function refuseOtherOwner(source: Scope, target: Scope): void {
  if (source.userId === null || target.userId === null || source.userId === target.userId) return;
  throw new AccessDeniedError("a user's thread can only be copied for the same user; leave `to.userId` out");
}
