import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  chain,
  clear,
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

/** What telling does to a log without drafts. */
export const tellings: HotSubject = {
  name: "tellings",
  promises: {
    async "what follows on the end is appended"({ hotLog }) {
      const key = newKey();
      const [first, second, third, fourth] = [...chain(4)] as const;
      assert.ok(first !== undefined && second !== undefined && third !== undefined && fourth !== undefined);
      await hotLog.tell(key, whole([first]));
      assert.equal(await hotLog.tell(key, following(first, [second])), "told");
      assert.equal(await hotLog.tell(key, following(second, [third, fourth])), "told");
      await holds(hotLog, key, [first, second, third, fourth]);
      assert.deepEqual((await headOf(hotLog, key)).stamp, stampOf(fourth));
    },

    async "of entries that overlap with the log, the rest is appended"({ hotLog }) {
      const key = newKey();
      const entries = chain(5);
      const [first, second, ...rest] = entries;
      assert.ok(second !== undefined);
      await hotLog.tell(key, whole([first, second]));
      assert.equal(await hotLog.tell(key, following(first, [second, ...rest])), "told");
      await holds(hotLog, key, entries);
    },

    async "a stamp that the log contains already changes nothing in it"({ hotLog }) {
      const key = newKey();
      const entries = chain(3);
      const since = await timeOf(hotLog, key);
      await hotLog.tell(key, whole(entries));
      const [first, ...rest] = entries;
      for (let time = 0; time < 3; time++) {
        assert.equal(await hotLog.tell(key, following(first, rest, { since })), "told");
      }
      await holds(hotLog, key, entries);
      assert.equal(await isCurrent(hotLog, key, lastOf(entries)), true);
    },

    async "entries that do not follow on the end are a gap: the log is gone, the stamp is known"({ hotLog }) {
      const key = newKey();
      const base = snapshot(7);
      const next = delta(base);
      await hotLog.tell(key, whole(chain(3)));
      assert.equal(await hotLog.tell(key, following(base, [next])), "gap");
      await holds(hotLog, key, []);
      assert.deepEqual((await headOf(hotLog, key)).stamp, stampOf(next));
      assert.equal(await hotLog.tell(key, whole([snapshot(8), delta({ ...next, version: 8 })])), "told");
    },

    async "without a log there is nothing to append to"({ hotLog }) {
      const key = newKey();
      const first = snapshot();
      assert.equal(await hotLog.tell(key, following(first, [delta(first)])), "gap");
      await holds(hotLog, key, []);
    },

    async "a predecessor is known by its write id, not by its number"({ hotLog }) {
      const key = newKey();
      const first = snapshot();
      await hotLog.tell(key, whole([first]));
      const other = { ...first, writeId: randomUUID() };
      assert.equal(await hotLog.tell(key, following(other, [delta(other)])), "gap");
      await holds(hotLog, key, []);
    },

    async "a whole log replaces what is there, a shorter one too"({ hotLog }) {
      const key = newKey();
      const entries = chain(4);
      await hotLog.tell(key, whole(entries));
      const last = lastOf(entries);
      const short = { ...last, kind: "snapshot" as const, after: "" };
      assert.equal(await hotLog.tell(key, whole([short])), "told");
      await holds(hotLog, key, [last]);
      const cleared = clear(5);
      assert.equal(await hotLog.tell(key, whole([cleared])), "told");
      await holds(hotLog, key, [cleared]);
    },

    async "entries that begin with a delta are no whole log"({ hotLog }) {
      const key = newKey();
      const [first, second] = [snapshot(), snapshot(5)];
      await hotLog.tell(key, whole([first]));
      assert.equal(await hotLog.tell(key, whole([delta(second)])), "gap");
      await holds(hotLog, key, []);
    },

    async "a snapshot that follows on the end is appended, not put in place of all"({ hotLog }) {
      const key = newKey();
      const first = snapshot();
      const second = { ...snapshot(2), after: first.writeId };
      await hotLog.tell(key, whole([first]));
      assert.equal(await hotLog.tell(key, following(first, [second])), "told");
      await holds(hotLog, key, [first, second]);
    },

    async "a stamp that is older than the stored one does nothing"({ hotLog }) {
      const key = newKey();
      const entries = chain(3);
      const [first, second] = entries;
      assert.ok(second !== undefined);
      const since = await timeOf(hotLog, key);
      await hotLog.tell(key, whole(entries, { since, owner: "owner" }));
      const late = { since, owner: "another" };
      assert.equal(await hotLog.tell(key, following(first, [second], late)), "old");
      assert.equal(await hotLog.tell(key, whole([first], late)), "old");
      assert.equal(await hotLog.tell(key, nothing(stampOf({ version: 0, writeId: "" }, 0), late)), "old");
      assert.equal(await hotLog.tell(key, whole([snapshot(99)], { ...late, stamp: stampOf(snapshot(99), 0) })), "old");
      await holds(hotLog, key, entries);
      const head = await headOf(hotLog, key);
      assert.deepEqual(head.stamp, stampOf(lastOf(entries)));
      assert.equal(head.owner, "owner");
      assert.equal(await isCurrent(hotLog, key, lastOf(entries)), true);
    },

    async "of two versions with one number neither is kept, since one of them is lost; a mark stays"({ hotLog }) {
      const key = newKey();
      const [one, other] = [snapshot(3), snapshot(3)];
      const since = await timeOf(hotLog, key);
      await hotLog.tell(key, whole([one], { since }));
      await hotLog.mark(key, randomUUID(), since.atMs + 60_000);
      assert.equal(await hotLog.tell(key, whole([other], { since })), "old");
      assert.equal((await hotLog.read(key, null, 0)).head, null);
      await holds(hotLog, key, []);
      assert.equal(await isCurrent(hotLog, key, one), false);
      assert.equal(await hotLog.tell(key, whole([other], { since })), "told");
      assert.equal(await isCurrent(hotLog, key, other), false);
    },

    async "a thread in a later life is newer, whatever its versions"({ hotLog }) {
      const key = newKey();
      const since = await timeOf(hotLog, key);
      await hotLog.tell(key, whole(chain(5), { since }));
      const reborn = snapshot(1);
      assert.equal(await hotLog.tell(key, whole([reborn], { stamp: stampOf(reborn, 2), since })), "told");
      await holds(hotLog, key, [reborn]);
      assert.equal(await isCurrent(hotLog, key, reborn), true);
    },

    async "a thread that has no state any more has no log"({ hotLog }) {
      const key = newKey();
      await hotLog.tell(key, whole(chain(2)));
      assert.equal(await hotLog.tell(key, nothing(stampOf({ version: 0, writeId: "" }, 2))), "told");
      await holds(hotLog, key, []);
    },

    async "entries that do not lead to the stamp are not taken"({ hotLog }) {
      const key = newKey();
      const entries = chain(2);
      const [first, second] = entries;
      assert.ok(second !== undefined);
      await hotLog.tell(key, whole([first]));
      assert.equal(await hotLog.tell(key, following(first, [second], { stamp: stampOf(snapshot(3)) })), "gap");
      await holds(hotLog, key, []);
      assert.equal(await isListed(hotLog, key), false);
    },

    async "news that come twice, late or in any order lead to the newest version, or to a gap"({ hotLog }) {
      const entries = chain(3);
      const [first, second, third] = [...entries] as const;
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      const news = [whole([first]), following(first, [second]), following(second, [third])];
      for (const order of [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
        [0, 0, 1, 1, 0, 2, 2, 1],
      ]) {
        const key = newKey();
        for (const index of order) {
          const one = news[index];
          assert.ok(one !== undefined);
          await hotLog.tell(key, one);
        }
        assert.deepEqual((await headOf(hotLog, key)).stamp, stampOf(third));
        const { entries: shown } = await hotLog.read(key, null, 0);
        if (shown.length > 0) await holds(hotLog, key, entries);
        assert.equal(await isListed(hotLog, key), false);
        assert.equal(await hotLog.tell(key, whole(entries)), "told");
        await holds(hotLog, key, entries);
      }
    },

    async "many news at once, from two sides, leave a log that is a chain"({ hotLog, another }) {
      const other = await another();
      const key = newKey();
      const entries = chain(40);
      const [first, ...rest] = entries;
      await hotLog.tell(key, whole([first]));
      let base = first;
      const told = rest.map((entry, index) => {
        const news = following(base, [entry]);
        base = entry;
        return (index % 2 === 0 ? hotLog : other).tell(key, news);
      });
      await Promise.all(told);
      assert.deepEqual((await headOf(hotLog, key)).stamp, stampOf(lastOf(entries)));
      const { entries: shown } = await hotLog.read(key, null, 0);
      for (const [index, entry] of shown.entries()) {
        assert.equal(entry.after, index === 0 ? "" : shown[index - 1]?.writeId);
      }
    },

    async "namespaces of one thread are apart"({ hotLog }) {
      const [one, other] = [newKey("one"), { ...newKey(), namespace: "" }];
      const same = { ...one, namespace: "" };
      await hotLog.tell(one, whole(chain(2)));
      await hotLog.tell(other, whole(chain(2)));
      assert.equal((await hotLog.read(same, null, 0)).head, null);
      await holds(hotLog, same, []);
    },
  },
};
