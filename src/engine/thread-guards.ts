import { AccessDeniedError, NotFoundError, ValidationError } from "../model/errors.ts";
import type { AnyId } from "../model/config.ts";
import type { ThreadFields, ThreadInfo } from "../model/thread.ts";
import type { ColdStore, Scope } from "../stores/cold-store.ts";
import { threadInfo } from "./thread-rows.ts";

/** Finds out why something was not found or not written, and says so. */
export class ThreadGuards<ThreadId extends AnyId, UserId extends AnyId> {
  readonly #store: ColdStore;

  constructor(store: ColdStore) {
    this.#store = store;
  }

  /** A thread that must be there. @throws NotFoundError naming the field */
  async existing(scope: Scope, field: string): Promise<ThreadInfo<ThreadId, UserId>> {
    const row = await this.#store.getThread(scope);
    if (row === null) throw new NotFoundError(field, "there is no such thread for this user");
    return threadInfo(row);
  }

  /** What cannot be found may be another user's, and who would write there is told so. @throws AccessDeniedError */
  async refuseStranger(scope: Scope): Promise<void> {
    if (scope.userId === null) return;
    const row = await this.#store.getThread({ ...scope, userId: null });
    if (row !== null && row.userId !== scope.userId) throw new AccessDeniedError();
  }

  /** The application may name a thread's owner, but neither change him nor give one to a thread of nobody. @throws ValidationError */
  async checkOwner(scope: Scope, { userId }: ThreadFields, field: string): Promise<void> {
    if (scope.userId !== null || userId === undefined) return;
    const owner = (await this.#store.getThread(scope))?.userId ?? null;
    if (owner === userId) return;
    throw new ValidationError(
      `${field}.userId`,
      "must be the thread's owner; pass config.userId to make a thread of a user's",
    );
  }

  /** The messages that a page begins or ends at. @throws NotFoundError where a visible thread has no such message */
  async requireMessages(scope: Scope, cursors: Readonly<Record<string, string | null>>): Promise<void> {
    for (const [name, messageId] of Object.entries(cursors)) {
      if (messageId === null || (await this.#store.getMessage(scope, messageId)) !== null) continue;
      if ((await this.#store.getThread(scope)) === null) continue;
      throw new NotFoundError(
        `options.${name}`,
        "the thread has no message of this id; start again from the first page",
      );
    }
  }

  /** The threads that a page begins or ends at. @throws NotFoundError where this user has no such thread */
  async requireThreads(userId: AnyId | null, cursors: Readonly<Record<string, AnyId | null>>): Promise<void> {
    for (const [name, threadId] of Object.entries(cursors)) {
      if (threadId === null || (await this.#store.getThread({ threadId, userId, namespace: "" })) !== null) continue;
      throw new NotFoundError(`options.${name}`, "this user has no such thread; start again from the first page");
    }
  }
}
