import assert from "node:assert/strict";
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

/** What happens when the cold store has lost what was told. */
export const lostTails: HotSubject = {
  name: "lost tails",
  promises: {
    async "the stamp falls only from exactly what the teller has seen"({ hotLog }) {
      const key = newKey();
      const entries = chain(3);
      const [first] = entries;
      const stamp = stampOf(lastOf(entries));
      const since = await timeOf(hotLog, key);
      await hotLog.tell(key, whole(entries, { since }));
      const others = [
        null,
        { ...stamp, version: 2 },
        { ...stamp, writeId: first.writeId },
        { ...stamp, incarnation: 2 },
        stampOf(first),
      ];
      for (const seen of others) assert.equal(await hotLog.tell(key, whole([first], { since, seen })), "old");
      await holds(hotLog, key, entries);
      assert.equal(await hotLog.tell(key, whole([first], { since, seen: stamp })), "told");
      await holds(hotLog, key, [first]);
      assert.deepEqual((await headOf(hotLog, key)).stamp, stampOf(first));
      assert.equal(await isCurrent(hotLog, key, first), true);
    },

    async "what the stamp fell behind is gone from the log, and does not come back as a draft"({ hotLog }) {
      const key = newKey();
      const entries = chain(3);
      const [first, second] = entries;
      assert.ok(second !== undefined);
      await hotLog.tell(key, whole(entries));
      const news = following(first, [second], { seen: stampOf(lastOf(entries)) });
      assert.equal(await hotLog.tell(key, news), "gap");
      await holds(hotLog, key, []);
      assert.equal(await isListed(hotLog, key), false);
      assert.deepEqual((await headOf(hotLog, key)).stamp, stampOf(second));
    },

    async "another version with the same number takes the place of the lost one that was seen"({ hotLog }) {
      const key = newKey();
      const [lost, other] = [snapshot(3), snapshot(3)];
      const since = await timeOf(hotLog, key);
      await hotLog.tell(key, whole([lost], { since }));
      assert.equal(await hotLog.tell(key, whole([other], { since, seen: stampOf(lost) })), "told");
      await holds(hotLog, key, [other]);
      assert.equal(await isCurrent(hotLog, key, other), true);
      assert.equal(await isCurrent(hotLog, key, lost), false);
    },

    async "the thread itself may be lost"({ hotLog }) {
      const key = newKey();
      const entries = chain(2);
      const stamp = stampOf({ version: 0, writeId: "" }, 0);
      await hotLog.tell(key, whole(entries));
      assert.equal(await hotLog.tell(key, nothing(stamp, { seen: stampOf(lastOf(entries)) })), "told");
      await holds(hotLog, key, []);
      assert.deepEqual((await headOf(hotLog, key)).stamp, stamp);
    },

    async "having seen what is stored does not keep a newer stamp out"({ hotLog }) {
      const key = newKey();
      const first = snapshot();
      const second = delta(first);
      await hotLog.tell(key, whole([first]));
      assert.equal(await hotLog.tell(key, following(first, [second], { seen: stampOf(first) })), "told");
      await holds(hotLog, key, [first, second]);
    },

    async "trust in what was lost does not pass to what is left"({ hotLog }) {
      const key = newKey();
      const entries = chain(2);
      const [first] = entries;
      const since = await timeOf(hotLog, key);
      await hotLog.tell(key, whole(entries, { since }));
      const seen = stampOf(lastOf(entries));
      await hotLog.tell(key, whole([first], { since: { atMs: since.atMs - 5_000, by: since.by }, seen }));
      assert.equal((await headOf(hotLog, key)).known.atMs, since.atMs - 5_000);
    },

    async "drafts stay, whatever the cold store has lost"({ hotLog }) {
      const key = newKey();
      const entries = chain(3);
      const [first, second, third] = [...entries] as const;
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      await hotLog.tell(key, whole([first, second]));
      await hotLog.draft(key, third);
      assert.equal(await hotLog.tell(key, whole([first], { seen: stampOf(second) })), "drafts");
      await holds(hotLog, key, entries);
      assert.deepEqual((await headOf(hotLog, key)).stamp, stampOf(first));
      assert.equal(await isListed(hotLog, key), true);
    },
  },
};
