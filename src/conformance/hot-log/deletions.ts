import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { DELETED } from "../../hot/hot-log.ts";
import {
  chain,
  delta,
  following,
  headOf,
  holds,
  isCurrent,
  isListed,
  lastOf,
  newKey,
  nothing,
  snapshot,
  stampOf,
  timeOf,
  whole,
} from "./versions.ts";
import type { HotSubject } from "./subject.ts";

const tombstone = (incarnation = 1) => stampOf({ version: DELETED, writeId: randomUUID() }, incarnation);

/** Threads that were deleted. */
export const deletions: HotSubject = {
  name: "deletions",
  promises: {
    async "a deletion takes the log away and is newer than any version"({ hotLog }) {
      const key = newKey();
      const entries = chain(3);
      const since = await timeOf(hotLog, key);
      await hotLog.tell(key, whole(entries, { since }));
      const stamp = tombstone();
      assert.equal(await hotLog.tell(key, nothing(stamp, { since })), "told");
      await holds(hotLog, key, []);
      const head = await headOf(hotLog, key);
      assert.deepEqual(head.stamp, stamp);
      assert.deepEqual(head.known, since);
      const last = lastOf(entries);
      assert.equal(await isCurrent(hotLog, key, last), false);
      assert.equal(await hotLog.tell(key, following(last, [delta(last)], { since })), "old");
      await holds(hotLog, key, []);
    },

    async "drafts go with their thread"({ hotLog }) {
      const key = newKey();
      const first = snapshot();
      await hotLog.tell(key, whole([first]));
      await hotLog.draft(key, delta(first));
      assert.equal(await hotLog.tell(key, nothing(tombstone())), "told");
      await holds(hotLog, key, []);
      assert.equal(await isListed(hotLog, key), false);
      // The thread may have been made again, and only the cold store knows.
      assert.equal(await hotLog.draft(key, delta(first)), "unknown");
      await holds(hotLog, key, []);
      assert.equal(await isListed(hotLog, key), false);
    },

    async "a thread that was made again begins anew, and its deletion in an earlier life is old"({ hotLog }) {
      const key = newKey();
      const old = tombstone();
      await hotLog.tell(key, nothing(old));
      const first = snapshot(1);
      assert.equal(await hotLog.tell(key, whole([first], { stamp: stampOf(first, 2) })), "told");
      const draft = delta(first);
      assert.equal(await hotLog.draft(key, draft), "ok");
      assert.equal(await hotLog.tell(key, nothing(old)), "old");
      await holds(hotLog, key, [first, draft]);
      await hotLog.tell(key, nothing(tombstone(2)));
      await holds(hotLog, key, []);
    },

    async "a deletion can be lost with the cold store's tail"({ hotLog }) {
      const key = newKey();
      const stamp = tombstone();
      const entries = chain(2);
      await hotLog.tell(key, nothing(stamp));
      assert.equal(await hotLog.tell(key, whole(entries, { seen: null })), "old");
      assert.equal(await hotLog.tell(key, whole(entries, { seen: stamp })), "told");
      await holds(hotLog, key, entries);
    },

    async "a deletion ends its own mark"({ hotLog }) {
      const key = newKey();
      const since = await timeOf(hotLog, key);
      const stamp = tombstone();
      await hotLog.mark(key, stamp.writeId, since.atMs + 60_000);
      await hotLog.tell(key, nothing(stamp, { since }));
      assert.equal((await headOf(hotLog, key)).pendingMs, 0);
    },

    async "of a thread that nobody told of, a deletion is kept too"({ hotLog }) {
      const key = newKey();
      await hotLog.tell(key, nothing(tombstone(3)));
      assert.equal(await hotLog.tell(key, whole([snapshot()], { stamp: stampOf(snapshot(), 2) })), "old");
      assert.equal((await headOf(hotLog, key)).stamp.incarnation, 3);
    },
  },
};
