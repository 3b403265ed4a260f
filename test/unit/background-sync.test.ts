import { expect, onTestFinished, test, vi } from "vitest";
import { chain, newKey, whole } from "../../src/conformance/hot-log/versions.ts";
import { BackgroundSync } from "../../src/engine/hot-layer/background-sync.ts";
import { DraftFlush } from "../../src/engine/hot-layer/draft-flush.ts";
import { GuardedHotLog } from "../../src/engine/hot-layer/guarded-hot-log.ts";
import { HeldCopies } from "../../src/engine/hot-layer/held-copies.ts";
import { HotEvents } from "../../src/engine/hot-layer/hot-events.ts";
import { NearCache } from "../../src/engine/near-cache.ts";
import { StateLog } from "../../src/engine/state-log.ts";
import type { HotKey } from "../../src/hot/hot-log.ts";
import { MemoryHotLog } from "../../src/hot/memory/memory-hot-log.ts";
import { MemoryColdStore } from "../../src/stores/memory/index.ts";

const HOLD_MS = 1_000;
const limits = { maxCachedThreads: 10, maxCachedBytes: 1_000_000, nearTtlMs: 0 };

let nowMs = 1_000_000;
const hotLog = new MemoryHotLog({ clock: () => nowMs });

/** A process's background work, which looks around all the time. */
function running(): BackgroundSync {
  const store = new MemoryColdStore();
  const log = new StateLog(store, new NearCache(limits));
  const events = new HotEvents();
  const hot = new GuardedHotLog(hotLog, events);
  const held = new HeldCopies(log, limits);
  const flusher = new DraftFlush({ store, log, hot, held, events });
  const sync = new BackgroundSync(
    { flusher, hot, events },
    { delayMs: 1, everyMs: 1, takeOverMs: 500, holdMs: HOLD_MS },
  );
  sync.start();
  onTestFinished(() => sync.stop());
  return sync;
}

async function drafted(): Promise<{ readonly key: HotKey; readonly writeId: string }> {
  const key = newKey();
  const [first, draft = first] = chain(2);
  await hotLog.tell(key, whole([first]));
  await hotLog.draft(key, draft);
  return { key, writeId: draft.writeId };
}

/** Whether others may take a log's drafts over once so much more time has passed. */
async function isLeftIn(key: HotKey, ms: number): Promise<boolean> {
  return (await hotLog.drafts(-ms, 100)).some(({ threadId }) => threadId === key.threadId);
}

test("held drafts are held again and again, for as long as their process looks around", async () => {
  const { key, writeId } = await drafted();
  running().schedule(key, { isHeld: true, writeId });
  for (let round = 0; round < 20; round++) {
    await vi.waitUntil(async () => !(await isLeftIn(key, HOLD_MS - 1)));
    nowMs += HOLD_MS - 1;
    expect(await isLeftIn(key, 0)).toBe(false);
  }
  expect((await hotLog.read(key, null, 0)).entries).toHaveLength(2);
});

test("what a process holds back is no longer held once it has ended", async () => {
  const { key, writeId } = await drafted();
  const sync = running();
  sync.schedule(key, { isHeld: true, writeId });
  await vi.waitUntil(async () => !(await isLeftIn(key, HOLD_MS - 1)));
  await sync.stop();
  expect(await isLeftIn(key, HOLD_MS)).toBe(true);
});
