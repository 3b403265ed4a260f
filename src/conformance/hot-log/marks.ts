import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { MARK_MS, type HotEntry, type HotInstant, type HotKey, type HotLog } from "../../hot/hot-log.ts";
import { delta, following, headOf, holds, isCurrent, moved, newKey, snapshot, timeOf, whole } from "./versions.ts";
import type { HotSubject } from "./subject.ts";

/** A thread with one version that is current, and a time when it was. */
async function known(hotLog: HotLog): Promise<{ key: HotKey; first: HotEntry; now: HotInstant }> {
  const key = newKey();
  const first = snapshot();
  const now = await timeOf(hotLog, key);
  await hotLog.tell(key, whole([first], { since: now }));
  assert.equal(await isCurrent(hotLog, key, first), true);
  return { key, first, now };
}

/** Commits that may be under way. */
export const marks: HotSubject = {
  name: "marks",
  promises: {
    async "while a commit may be under way, nothing is current"({ hotLog, another }) {
      const { key, first, now } = await known(hotLog);
      await hotLog.mark(key, randomUUID(), now.atMs + 60_000);
      assert.equal(await isCurrent(hotLog, key, first), false);
      assert.equal(await isCurrent(await another(), key, first), false);
      const head = await headOf(hotLog, key);
      assert.equal(head.pendingMs, now.atMs + 60_000);
      assert.deepEqual(head.known, now);
    },

    async "the commit that was marked ends its mark when it is told"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      const second = delta(first);
      await hotLog.mark(key, second.writeId, now.atMs + 60_000);
      await hotLog.tell(key, following(first, [second], { since: now }));
      assert.equal((await headOf(hotLog, key)).pendingMs, 0);
      assert.equal(await isCurrent(hotLog, key, second), true);
    },

    async "another commit does not end it"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      const second = delta(first);
      await hotLog.mark(key, randomUUID(), now.atMs + 60_000);
      await hotLog.tell(key, following(first, [second], { since: now }));
      assert.equal(await isCurrent(hotLog, key, second), false);
    },

    async "a commit that was refused takes its mark back, and no other one's"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      const writeId = randomUUID();
      await hotLog.mark(key, writeId, now.atMs + 60_000);
      for (const stranger of [randomUUID(), ""]) await hotLog.unmark(key, stranger);
      assert.equal(await isCurrent(hotLog, key, first), false);
      await hotLog.unmark(key, writeId);
      assert.equal(await isCurrent(hotLog, key, first), true);
      assert.equal((await headOf(hotLog, key)).pendingMs, 0);
    },

    async "of two marks the later deadline counts, and clearing the second leads back to that of the first"({
      hotLog,
    }) {
      for (const [one, other] of [
        [60_000, 90_000],
        [90_000, 60_000],
      ] as const) {
        const { key, first, now } = await known(hotLog);
        const [second, third] = [delta(first), randomUUID()];
        await hotLog.mark(key, third, now.atMs + one);
        await hotLog.mark(key, second.writeId, now.atMs + other);
        assert.equal((await headOf(hotLog, key)).pendingMs, now.atMs + 90_000);
        await hotLog.unmark(key, third);
        assert.equal((await headOf(hotLog, key)).pendingMs, now.atMs + 90_000);
        await hotLog.tell(key, following(first, [second], { since: now }));
        assert.equal((await headOf(hotLog, key)).pendingMs, now.atMs + one);
        assert.equal(await isCurrent(hotLog, key, second), false);
      }
    },

    async "of marks that were made in turns, one that is cleared takes no other one's deadline away"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      const [second, other] = [delta(first), randomUUID()];
      await hotLog.mark(key, second.writeId, now.atMs + 50_000);
      await hotLog.mark(key, other, now.atMs + 70_000);
      await hotLog.mark(key, second.writeId, now.atMs + 60_000);
      await hotLog.tell(key, following(first, [second], { since: now }));
      assert.equal((await headOf(hotLog, key)).pendingMs, now.atMs + 70_000);
      await hotLog.unmark(key, other);
      assert.equal(await isCurrent(hotLog, key, second), false);
    },

    async "the mark of a writer that died binds until its deadline, however many others write meanwhile"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      await hotLog.mark(key, randomUUID(), now.atMs + 60_000);
      let last = first;
      for (const seconds of [20, 40, 60, 80]) {
        const since = moved(now, seconds * 1_000);
        const next = delta(last);
        await hotLog.mark(key, next.writeId, since.atMs + 60_000);
        await hotLog.tell(key, following(last, [next], { since }));
        assert.equal(await isCurrent(hotLog, key, next), seconds >= 60);
        last = next;
      }
    },

    async "the same mark again is one mark, with the later deadline"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      const writeId = randomUUID();
      await hotLog.mark(key, writeId, now.atMs + 90_000);
      await hotLog.mark(key, writeId, now.atMs + 60_000);
      assert.equal((await headOf(hotLog, key)).pendingMs, now.atMs + 90_000);
      await hotLog.unmark(key, writeId);
      assert.equal(await isCurrent(hotLog, key, first), true);
    },

    async "a deadline that has passed ends a mark for what is learnt after it, and for nothing older"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      await hotLog.mark(key, randomUUID(), now.atMs + 0.25);
      const later = await afterMoment(hotLog, key, now.atMs + 0.25);
      assert.equal(await isCurrent(hotLog, key, first), false);
      await hotLog.tell(key, whole([first], { since: later }));
      assert.equal(await isCurrent(hotLog, key, first), true);
    },

    async "when a newer mark is cleared, what was learnt before one that has passed stays untrusted"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      await hotLog.mark(key, randomUUID(), now.atMs + 0.25);
      const later = await afterMoment(hotLog, key, now.atMs + 0.25);
      const second = delta(first);
      await hotLog.mark(key, second.writeId, later.atMs + 60_000);
      await hotLog.tell(key, following(first, [second], { since: now }));
      assert.equal(await isCurrent(hotLog, key, second), false);
      const third = delta(second);
      await hotLog.mark(key, third.writeId, later.atMs + 60_000);
      await hotLog.tell(key, following(second, [third], { since: later }));
      assert.equal(await isCurrent(hotLog, key, third), true);
    },

    async "without a time of ours, a mark stands for as long as any commit may take"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      await hotLog.mark(key, randomUUID(), null);
      const after = await timeOf(hotLog, key);
      const { pendingMs } = await headOf(hotLog, key);
      assert.ok(pendingMs >= now.atMs + MARK_MS && pendingMs <= after.atMs + MARK_MS, String(pendingMs));
      assert.equal(await isCurrent(hotLog, key, first), false);
    },

    async "a thread that nobody told of can be marked, and has no head by that"({ hotLog }) {
      const key = newKey();
      const now = await timeOf(hotLog, key);
      await hotLog.mark(key, randomUUID(), now.atMs + 60_000);
      assert.equal((await hotLog.read(key, null, 0)).head, null);
      const first = snapshot();
      await hotLog.tell(key, whole([first], { since: now }));
      assert.equal(await isCurrent(hotLog, key, first), false);
      await hotLog.unmark(newKey(), first.writeId);
    },

    async "a mark that comes late, when its commit was told, costs trust and nothing else"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      const second = delta(first);
      await hotLog.tell(key, following(first, [second], { since: now }));
      await hotLog.mark(key, second.writeId, now.atMs + 60_000);
      assert.equal(await isCurrent(hotLog, key, second), false);
      await hotLog.tell(key, following(first, [second], { since: now }));
      assert.equal(await isCurrent(hotLog, key, second), true);
      await holds(hotLog, key, [first, second]);
    },

    async "marks leave log and drafts alone"({ hotLog }) {
      const { key, first, now } = await known(hotLog);
      const draft = delta(first);
      await hotLog.draft(key, draft);
      const writeId = randomUUID();
      await hotLog.mark(key, writeId, now.atMs + 60_000);
      await hotLog.unmark(key, writeId);
      await holds(hotLog, key, [first, draft]);
      assert.equal(await isCurrent(hotLog, key, draft), true);
    },

    async "a knowledge from before the deadline of a mark by another server's clock is compared as a number only"({
      hotLog,
    }) {
      const { key, first, now } = await known(hotLog);
      await hotLog.mark(key, randomUUID(), now.atMs + 60_000);
      await hotLog.tell(key, whole([first], { since: moved(now, 60_000) }));
      assert.equal(await isCurrent(hotLog, key, first), true);
    },
  },
};

/** The hot log's time when it is past a moment that comes at once. */
async function afterMoment(hotLog: HotLog, key: HotKey, atMs: number): Promise<HotInstant> {
  for (;;) {
    const now = await timeOf(hotLog, key);
    if (now.atMs > atMs) return now;
  }
}
