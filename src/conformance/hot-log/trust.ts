import assert from "node:assert/strict";
import {
  ANY_AGE_MS,
  chain,
  delta,
  following,
  headOf,
  isCurrent,
  lastOf,
  moved,
  newKey,
  nothing,
  snapshot,
  stampOf,
  timeOf,
  whole,
} from "./versions.ts";
import type { HotSubject } from "./subject.ts";

/** How long what is held may be taken for the newest. */
export const trust: HotSubject = {
  name: "trust",
  promises: {
    async "whoever holds the end is told only that it is current"({ hotLog, another }) {
      const key = newKey();
      const entries = chain(3);
      await hotLog.tell(key, whole(entries, { since: await timeOf(hotLog, key) }));
      for (const reader of [hotLog, await another()]) {
        const view = await reader.read(key, lastOf(entries), ANY_AGE_MS);
        assert.equal(view.current, true);
        assert.equal(view.head, null);
        assert.deepEqual(view.entries, []);
      }
      const [first] = entries;
      assert.equal(await isCurrent(hotLog, key, first), false);
      assert.equal(await isCurrent(hotLog, key, { ...lastOf(entries), writeId: first.writeId }), false);
      assert.equal(await isCurrent(hotLog, key, { ...lastOf(entries), version: 4 }), false);
    },

    async "knowledge ages from the moment when it was gained, not from when it came"({ hotLog }) {
      const key = newKey();
      const last = snapshot();
      const since = moved(await timeOf(hotLog, key), -5_000);
      await hotLog.tell(key, whole([last], { since }));
      assert.equal(await isCurrent(hotLog, key, last, 4_999), false);
      assert.equal(await isCurrent(hotLog, key, last, ANY_AGE_MS), true);
      assert.deepEqual((await headOf(hotLog, key)).known, since);
    },

    async "asked for nothing older than now, nothing is current; asked for any age, everything that is known"({
      hotLog,
    }) {
      const key = newKey();
      const last = snapshot();
      await hotLog.tell(key, whole([last], { since: await timeOf(hotLog, key) }));
      assert.equal(await isCurrent(hotLog, key, last, 0), false);
      assert.equal(await isCurrent(hotLog, key, last, Number.POSITIVE_INFINITY), true);
    },

    async "a stamp of which nobody knows since when is stored, and never current"({ hotLog }) {
      const key = newKey();
      const last = snapshot();
      assert.equal(await hotLog.tell(key, whole([last])), "told");
      assert.equal(await isCurrent(hotLog, key, last, Number.POSITIVE_INFINITY), false);
      const { stamp, known } = await headOf(hotLog, key);
      assert.deepEqual(stamp, stampOf(last));
      assert.equal((await timeOf(hotLog, key)).atMs < known.atMs + Number.POSITIVE_INFINITY, false);
    },

    async "more of the same knowledge prolongs trust, older does not shorten it"({ hotLog }) {
      const key = newKey();
      const last = snapshot();
      const now = await timeOf(hotLog, key);
      const news = (ms: number) => whole([last], { since: moved(now, ms) });
      await hotLog.tell(key, news(-5_000));
      await hotLog.tell(key, news(-2_000));
      assert.equal((await headOf(hotLog, key)).known.atMs, now.atMs - 2_000);
      await hotLog.tell(key, news(-9_000));
      await hotLog.tell(key, whole([last]));
      assert.equal((await headOf(hotLog, key)).known.atMs, now.atMs - 2_000);
    },

    async "another stamp brings its own knowledge, be it older than that of the one before"({ hotLog }) {
      const key = newKey();
      const first = snapshot();
      const second = delta(first);
      const now = await timeOf(hotLog, key);
      await hotLog.tell(key, whole([first], { since: now }));
      await hotLog.tell(key, following(first, [second], { since: moved(now, -60_000) }));
      assert.equal((await headOf(hotLog, key)).known.atMs, now.atMs - 60_000);
      assert.equal(await isCurrent(hotLog, key, second, 59_000), false);
      await hotLog.tell(key, following(second, [delta(second)]));
      assert.equal((await headOf(hotLog, key)).known.by, "");
    },

    async "what another server has granted is not trusted, and is replaced by what ours knows"({ hotLog }) {
      const key = newKey();
      const last = snapshot();
      const now = await timeOf(hotLog, key);
      const elsewhere = { atMs: now.atMs + 3_600_000, by: "another server" };
      await hotLog.tell(key, whole([last], { since: elsewhere }));
      assert.equal(await isCurrent(hotLog, key, last), false);
      assert.deepEqual((await headOf(hotLog, key)).known, elsewhere);
      await hotLog.tell(key, whole([last], { since: moved(now, -1_000) }));
      assert.deepEqual((await headOf(hotLog, key)).known, moved(now, -1_000));
      assert.equal(await isCurrent(hotLog, key, last), true);
      await hotLog.tell(key, whole([last], { since: elsewhere }));
      assert.equal(await isCurrent(hotLog, key, last), false);
    },

    async "whoever holds a stamp that no log leads to is current with it"({ hotLog }) {
      const key = newKey();
      const [first, second] = [snapshot(), snapshot(5)];
      const since = await timeOf(hotLog, key);
      await hotLog.tell(key, whole([first], { since }));
      assert.equal(await hotLog.tell(key, following(snapshot(4), [second], { since })), "gap");
      assert.equal(await isCurrent(hotLog, key, second), true);
      assert.equal(await isCurrent(hotLog, key, first), false);
    },

    async "a thread that does not exist can be known as well"({ hotLog }) {
      const key = newKey();
      const stamp = stampOf({ version: 0, writeId: "" }, 0);
      const since = await timeOf(hotLog, key);
      assert.equal(await hotLog.tell(key, nothing(stamp, { since })), "told");
      const head = await headOf(hotLog, key);
      assert.deepEqual(head.stamp, stamp);
      assert.deepEqual(head.known, since);
      assert.equal(await hotLog.tell(key, whole([snapshot()], { since })), "told");
      assert.equal((await headOf(hotLog, key)).stamp.version, 1);
    },
  },
};
