import { describe, expect, test } from "vitest";
import { chain, delta, following, newKey, snapshot, whole } from "../../src/conformance/hot-log/versions.ts";
import { MemoryHotLog } from "../../src/hot/memory/memory-hot-log.ts";

/** A clock that is set by hand. */
function handClock(): { readonly clock: () => number; readonly pass: (ms: number) => void } {
  let nowMs = 1_000_000;
  return {
    clock: () => nowMs,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

describe("what a hot log in memory forgets", () => {
  test("a log that was not written for its life, and not earlier", async () => {
    const { clock, pass } = handClock();
    const hotLog = new MemoryHotLog({ lifeMs: 1_000, clock });
    const key = newKey();
    await hotLog.tell(key, whole(chain(2)));
    pass(999);
    expect((await hotLog.read(key, null, 0)).entries).toHaveLength(2);
    pass(2);
    expect(await hotLog.read(key, null, 0)).toMatchObject({ head: null, entries: [] });
  });

  test("nothing that a mark has prolonged", async () => {
    const { clock, pass } = handClock();
    const hotLog = new MemoryHotLog({ lifeMs: 1_000, clock });
    const key = newKey();
    await hotLog.tell(key, whole(chain(1)));
    pass(900);
    await hotLog.mark(key, "a write", null);
    pass(900);
    expect((await hotLog.read(key, null, 0)).head?.pendingMs).toBe(1_000_900 + 10_000);
  });

  test("the least recently used, where there are too many or they are too large", async () => {
    for (const limit of [{ maxThreads: 3 }, { maxBytes: 4_000 }]) {
      const hotLog = new MemoryHotLog(limit);
      const keys = Array.from({ length: 4 }, () => newKey());
      for (const key of keys) await hotLog.tell(key, whole([snapshot(1, { text: "x".repeat(600) })]));
      const left = await Promise.all(keys.map(async (key) => (await hotLog.read(key, null, 0)).head !== null));
      expect(left).toEqual([false, true, true, true]);
    }
  });

  test("a log that has grown weighs what it has become", async () => {
    const hotLog = new MemoryHotLog({ maxBytes: 4_000 });
    const [one, other] = [newKey(), newKey()];
    const first = snapshot();
    await hotLog.tell(other, whole([snapshot()]));
    await hotLog.tell(one, whole([first]));
    await hotLog.tell(one, following(first, [delta(first, { set: { text: "x".repeat(3_000) } })]));
    expect((await hotLog.read(other, null, 0)).head).toBe(null);
    expect((await hotLog.read(one, null, 0)).entries).toHaveLength(2);
  });

  test("never a draft: not by time, not by number, not by size", async () => {
    const { clock, pass } = handClock();
    const hotLog = new MemoryHotLog({ lifeMs: 1_000, maxThreads: 1, maxBytes: 1_000, clock });
    const keys = Array.from({ length: 5 }, () => newKey());
    for (const key of keys) {
      const [first, draft] = chain(2, snapshot());
      await hotLog.tell(key, whole([first]));
      await hotLog.draft(key, { ...(draft ?? first), body: JSON.stringify({ set: { text: "x".repeat(5_000) } }) });
    }
    pass(1_000_000);
    expect(await hotLog.drafts(0, 10)).toEqual(keys);
    for (const key of keys) expect((await hotLog.read(key, null, 0)).entries).toHaveLength(2);
  });
});

test("drafts are as old as the first of them", async () => {
  const { clock, pass } = handClock();
  const hotLog = new MemoryHotLog({ clock });
  const key = newKey();
  const [first, second, third] = [...chain(3)] as const;
  if (second === undefined || third === undefined) throw new Error("a chain of three has three");
  await hotLog.tell(key, whole([first]));
  await hotLog.draft(key, second);
  pass(500);
  await hotLog.draft(key, third);
  expect(await hotLog.drafts(500, 10)).toEqual([key]);
  expect(await hotLog.drafts(501, 10)).toEqual([]);
});

test("one memory does not trust what another one has granted", async () => {
  const [one, other] = [new MemoryHotLog(), new MemoryHotLog()];
  const key = newKey();
  const first = snapshot();
  await other.tell(key, whole([first], { since: one.past(key) }));
  expect((await other.read(key, first, 60_000)).current).toBe(false);
});

test("releasing it changes nothing for others who use it", async () => {
  const hotLog = new MemoryHotLog();
  const key = newKey();
  const [first, draft, next] = [...chain(3)] as const;
  if (draft === undefined || next === undefined) throw new Error("a chain of three has three");
  await hotLog.tell(key, whole([first]));
  await hotLog.draft(key, draft);
  const woken = new Promise<void>((wake) => void hotLog.watch(key, wake));
  await hotLog.release();
  expect((await hotLog.read(key, null, 0)).entries).toHaveLength(2);
  expect(await hotLog.drafts(0, 10)).toEqual([key]);
  expect(await hotLog.draft(key, next)).toBe("ok");
  await woken;
});
