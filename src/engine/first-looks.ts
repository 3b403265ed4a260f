import type { AnyId } from "../model/config.ts";

/**
 * Those who have just begun to watch a thread, and are about to see how far it is. What this process writes to the thread waits for them, so
 * that what was written after they asked is new to them.
 */
export class FirstLooks {
  readonly #looks = new Map<AnyId, Promise<void>>();

  /** Somebody looks at a thread, until `look` is settled. */
  begin(threadId: AnyId, look: Promise<unknown>): void {
    const ended = this.#ended([look, this.at(threadId)]).finally(() => {
      if (this.#looks.get(threadId) === ended) this.#looks.delete(threadId);
    });
    this.#looks.set(threadId, ended);
  }

  async #ended(looks: readonly unknown[]): Promise<void> {
    await Promise.allSettled(looks);
  }

  /** When all have seen how far a thread is; undefined: nobody is looking. */
  at(threadId: AnyId): Promise<void> | undefined {
    return this.#looks.get(threadId);
  }
}
