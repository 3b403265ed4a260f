import { describe, test } from "vitest";
import { checkpointerConformance } from "../../src/conformance/index.ts";
import { MemoryHotLog } from "../../src/hot/memory/memory-hot-log.ts";
import {
  type GetStateOptions,
  type IdKind,
  InMemoryCheckpointer,
  type IdOf,
  MemoryColdStore,
  type ThreadConfig,
} from "../../src/index.ts";

type Fields = Record<string, unknown>;

/** Asks the cache for whatever it can answer: as long as nothing fails, nobody can tell the difference. */
class CacheReader<T extends IdKind, U extends IdKind> extends InMemoryCheckpointer<Fields, T, U> {
  override getState(
    config: ThreadConfig<IdOf<T>, IdOf<U>>,
    options?: GetStateOptions,
  ): ReturnType<typeof this.getStateCache> {
    return options === undefined ? super.getStateCache(config) : super.getState(config, options);
  }
}

// Infinity differs from 60,000 only after a minute; with Redis it has a kit of its own.
describe.each([0, 60_000])("maxStalenessMs %d", (maxStalenessMs) => {
  const store = new MemoryColdStore();
  const hotLog = new MemoryHotLog();

  checkpointerConformance({
    test,
    describe,
    make: async (options) => new CacheReader({ ...options, store, hotLog, maxStalenessMs }),
  });
});
