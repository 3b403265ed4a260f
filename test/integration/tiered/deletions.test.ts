import { describe, expect, test } from "vitest";
import { type AgentState, createState } from "../../../src/index.ts";
import { type Checkpointer, type Fields, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);
const stateAt = (n: unknown): AgentState<Fields> => createState<Fields>({ n });

/** Ways to end a state. */
const endings: Readonly<
  Record<string, (by: Checkpointer, config: { threadId: string; userId: string }) => Promise<unknown>>
> = {
  "a deletion": (by, config) => by.deleteThread(config),
  "a clear": (by, config) => by.clearState(config),
};

/** Who ends it, and how long the reader trusts what it was told. */
const cases = [
  { who: "another process with the cache", isAware: true, maxStalenessMs: 0 },
  { who: "another process with the cache", isAware: true, maxStalenessMs: Infinity },
  { who: "a process unaware of the cache", isAware: false, maxStalenessMs: 0 },
] as const;

describe.each(Object.keys(endings))("%s", (what) => {
  test.each(cases)(
    "by $who is seen at once, at maxStalenessMs $maxStalenessMs",
    async ({ isAware, maxStalenessMs }) => {
      const config = { threadId: `${what} ${isAware} ${maxStalenessMs}`, userId: "ada" };
      const reader = await tiers.cached({ maxStalenessMs });
      const fresh = await tiers.cached({ maxStalenessMs });
      const ender = isAware ? await tiers.cached() : await tiers.plain();
      for (const n of [1, 2]) {
        await ender.putState(config, stateAt(n));
        // Twice: what was answered once stands in the cache, trusted.
        for (let time = 0; time < 2; time++) expect((await reader.getStateCache(config))?.["n"]).toBe(n);
        await endings[what]?.(ender, config);
        for (let time = 0; time < 2; time++) {
          expect(await reader.getStateCache(config)).toBeNull();
          expect(await fresh.getStateCache(config)).toBeNull();
        }
      }
      await ender.putState(config, stateAt("anew"));
      for (const one of [reader, fresh]) expect((await one.getStateCache(config))?.["n"]).toBe("anew");
    },
  );

  test("takes drafts with it", async () => {
    const config = { threadId: `${what} of drafts`, userId: "ada" };
    const drafter = await tiers.cached({ durability: "exit" });
    const ender = await tiers.cached({ durability: "async" });
    const state = await drafter.putState(config, stateAt(1), { durability: "sync" });
    await drafter.putState(config, Object.assign(state, { n: 2 }));
    await endings[what]?.(ender, config);
    for (const one of [drafter, ender, await tiers.cached()]) expect(await one.getStateCache(config)).toBeNull();
    await drafter.release();
    expect(await (await tiers.cached()).getState(config)).toBeNull();
    expect(await tiers.redis.keys(`${tiers.keyPrefix}*:dirty`)).toEqual([]);
  });
});
