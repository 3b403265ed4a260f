import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import type { AnyFields } from "../../src/conformance/subject.ts";
import {
  type AgentState,
  InMemoryCheckpointer,
  MemoryColdStore,
  type Message,
  type PutMessagesOptions,
  type PutStateOptions,
  type ThreadConfig,
} from "../../src/index.ts";
import { arbitraryCalls } from "./arbitrary-calls.ts";
import type { Call } from "./call.ts";
import { model, playBatch, sameAsModel } from "./play-batch.ts";
import type { Playable } from "./playable.ts";

/** Whoever repeats it gets the same sequences: what is shown here is the search, not luck. */
const SEED = 20_261_126;

/** Enough to meet each planted fault, and to come to the end of what makes it smaller. */
const LIMITS = { seed: SEED, numRuns: 5_000 } as const;

/** Forgets the namespace where a state is cleared. */
class NamespaceForgetter extends InMemoryCheckpointer<AnyFields> {
  override clearState(config: ThreadConfig): Promise<void> {
    return super.clearState({ ...config, namespace: "" });
  }
}

/** Keeps only two messages of three. */
class MessageLoser extends InMemoryCheckpointer<AnyFields> {
  override putMessages(
    config: ThreadConfig,
    messages: readonly Message[],
    options?: PutMessagesOptions,
  ): Promise<Message[]> {
    return super.putMessages(config, messages.slice(0, 2), options);
  }
}

/** Lets the last writer win where he should be refused. */
class Overwriter extends InMemoryCheckpointer<AnyFields> {
  override putState(
    config: ThreadConfig,
    state: AgentState<AnyFields>,
    options?: PutStateOptions,
  ): Promise<AgentState<AnyFields>> {
    const isTold = options?.ifVersion !== undefined || options?.onConflict !== undefined;
    return super.putState(config, state, isTold ? options : { ...options, onConflict: "overwrite" });
  }
}

interface Plant {
  readonly make: (store: MemoryColdStore) => Playable;
  /** The fewest calls that show it, closing looks not counted. */
  readonly calls: number;
  /** The last of them. */
  readonly last: Call["call"];
}

const plants: Readonly<Record<string, Plant>> = {
  "a namespace that is forgotten": { make: (store) => new NamespaceForgetter({ store }), calls: 2, last: "clearState" },
  "a third message that is lost": { make: (store) => new MessageLoser({ store }), calls: 1, last: "putMessages" },
  // Two that are written, and a third that stands on the first.
  "a conflict that nobody is told of": { make: (store) => new Overwriter({ store }), calls: 3, last: "putState" },
};

describe(`what is planted is found, and made as small as it can be (seed ${SEED})`, () => {
  test.each(Object.entries(plants))("%s", async (_, { make, calls: fewest, last }) => {
    const property = fc.asyncProperty(arbitraryCalls, (calls) => tryOn(make, calls));
    const found = await fc.check(property, LIMITS);
    assert.ok(found.failed && found.counterexample !== null && found.counterexamplePath !== null, "it was not found");
    const [calls] = found.counterexample;
    assert.deepEqual([calls.length, calls.at(-1)?.call], [fewest, last]);
    // The seed and the path lead to the same example at once.
    const again = await fc.check(property, { seed: SEED, path: found.counterexamplePath, endOnFailure: true });
    assert.deepEqual([again.numRuns, again.numShrinks, again.counterexample], [1, 0, found.counterexample]);
  });
});

async function tryOn(make: Plant["make"], calls: readonly Call[]): Promise<void> {
  const store = new MemoryColdStore();
  const faulty = { open: async () => () => make(store), close: async () => {} };
  sameAsModel(await playBatch([calls], faulty), await playBatch([calls], model), "the fault");
}
