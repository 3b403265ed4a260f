import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AnyId, ThreadConfig } from "../model/config.ts";
import { AccessDeniedError, ReleasedError, RunHeldError, RunLostError } from "../model/errors.ts";
import type { ColdStore } from "../stores/cold-store.ts";
import type { AcquireRun } from "./call-options.ts";
import type { CallScope } from "./call-scope.ts";
import { RunLease } from "./run-lease.ts";

/** How often somebody who waits for a lease looks whether it is free, in milliseconds; chance spreads those who wait together. */
const LOOK_MS = { from: 20, to: 200 } as const;

/** The leases of one checkpointer: takes them, and gives back those that are held when it is released. */
export class RunLeases {
  readonly #store: ColdStore;
  readonly #released: AbortSignal;
  readonly #held = new Set<RunLease<AnyId, AnyId>>();

  /** @param released - aborts when the checkpointer is released, which waits for nobody's lease */
  constructor(store: ColdStore, released: AbortSignal) {
    this.#store = store;
    this.#released = released;
  }

  /** @throws RunHeldError if somebody else has it for longer than `waitMs`; ReleasedError if the checkpointer is released while it waits */
  async acquire<ThreadId extends AnyId, UserId extends AnyId>(
    scope: CallScope,
    config: ThreadConfig<ThreadId, UserId>,
    { ttlMs, waitMs, renews }: AcquireRun,
  ): Promise<RunLease<ThreadId, UserId>> {
    const [runId, lease] = [scope.runId ?? randomUUID(), randomUUID()];
    const endMs = performance.now() + waitMs;
    for (;;) {
      const askedMs = performance.now();
      const outcome = await this.#store.acquireLease(scope, { runId, lease, ttlMs });
      if (outcome.kind === "acquired") {
        return this.#hold(scope, { ...config, runId, lease }, { ttlMs, renews, askedMs });
      }
      if (outcome.kind === "denied") throw new AccessDeniedError();
      const lookMs = LOOK_MS.from + Math.random() * (LOOK_MS.to - LOOK_MS.from);
      const restMs = endMs - performance.now();
      if (restMs <= 0) throw new RunHeldError(outcome.restMs);
      await this.#pause(Math.min(lookMs, restMs, outcome.restMs + LOOK_MS.from));
    }
  }

  async #pause(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#released });
    } catch {
      throw new ReleasedError();
    }
  }

  /** What was not written may have been refused because the lease is lost. @throws RunLostError */
  async refuseLost(scope: CallScope): Promise<void> {
    if (scope.lease !== null && !(await this.#store.holdsLease(scope, scope.lease))) throw new RunLostError();
  }

  /** Gives back all that are held. */
  async release(): Promise<void> {
    await Promise.all(Array.from(this.#held, (lease) => lease.release()));
  }

  #hold<ThreadId extends AnyId, UserId extends AnyId>(
    scope: CallScope,
    config: ThreadConfig<ThreadId, UserId> & { readonly lease: string },
    terms: { readonly ttlMs: number; readonly renews: boolean; readonly askedMs: number },
  ): RunLease<ThreadId, UserId> {
    const held: RunLease<ThreadId, UserId> = new RunLease(
      config,
      {
        renew: (ttlMs) => this.#store.renewLease(scope, config.lease, ttlMs),
        ended: () => this.#held.delete(held),
      },
      terms,
    );
    this.#held.add(held);
    return held;
  }
}
