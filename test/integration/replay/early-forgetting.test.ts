import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { CachedReads } from "../../../src/engine/hot-layer/cached-reads.ts";
import { Floors } from "../../../src/engine/hot-layer/floors.ts";
import { GuardedHotLog } from "../../../src/engine/hot-layer/guarded-hot-log.ts";
import { HeldCopies } from "../../../src/engine/hot-layer/held-copies.ts";
import { HotEvents } from "../../../src/engine/hot-layer/hot-events.ts";
import { DELETED } from "../../../src/hot/hot-log.ts";
import { NearCache } from "../../../src/engine/near-cache.ts";
import { StateLog } from "../../../src/engine/state-log.ts";
import { noParts } from "../../../src/engine/state-turn.ts";
import { written } from "./process.ts";
import { Stage } from "./stage.ts";

const stage = new Stage(import.meta.url);
const maxAgeMs = 60_000;
const ANOTHER = { threadId: "another", userId: "ada", namespace: "", runId: null, lease: null };

/**
 * Process A, with room for one floor and a few near copies. Nobody follows what it writes: all that it would tell Redis is lost, and the
 * cache trusts `o`.
 */
async function begin(maxCachedThreads: number) {
  const thread = await stage.thread();
  const b = await stage.process(thread);
  expect(await b.answers()).toBe("o"); // replace(o)
  await b.reachesRedis();
  const { store, hotLog } = await stage.ports();
  const limits = { maxCachedThreads, maxCachedBytes: 1_000_000, nearTtlMs: 0 };
  const log = new StateLog(store, new NearCache(limits));
  const events = new HotEvents();
  const floors = new Floors(maxAgeMs, 1);
  const held = new HeldCopies(log, limits);
  const reads = new CachedReads({ store, log, hot: new GuardedHotLog(hotLog, events), held, floors, events, maxAgeMs });
  const scope = { ...thread, namespace: "", runId: null, lease: null };
  const answers = async (): Promise<string> => {
    const answer = written((await reads.newest(scope, null))?.end.state ?? null);
    expect(events.count("failure")).toBe(0);
    return answer;
  };
  /** The floor of the thread goes; and its near copy, where there is room for one. */
  const forgetsEarly = async (): Promise<void> => {
    const another = await log.head(ANOTHER);
    if (another === null) throw new Error("there is no other thread");
    floors.raise(ANOTHER, another.stamp);
  };
  return { scope, store, log, floors, held, answers, forgetsEarly };
}

test("noEarlyRule: a process has no room for what it wrote, nor for the floor of it", async () => {
  const { scope, log, floors, answers, forgetsEarly } = await begin(1);
  const head = await log.write(scope, {
    state: { context: [], w2: true },
    base: { kind: "any" },
    metadata: "{}",
    parts: noParts,
  });
  if (head === null) throw new Error("nothing was written");
  floors.raise(scope, head.stamp);
  await forgetsEarly();
  expect(log.near(scope)).toBeNull();
  expect(await answers()).toBe("w2");
});

test("noEarlyRule: a process has no room for the floor of what it deleted, and still has a copy", async () => {
  const { scope, store, log, floors, held, answers, forgetsEarly } = await begin(3);
  expect(await answers()).toBe("o");
  const writeId = randomUUID();
  const deleted = await store.deleteThread(scope, writeId, null);
  if (deleted === null) throw new Error("nothing was deleted");
  floors.raise(scope, { incarnation: deleted.incarnation, version: DELETED, writeId });
  held.forget(scope);
  await forgetsEarly();
  expect(await answers()).toBe("nothing");
  expect(log.near(ANOTHER)).not.toBeNull();
});
