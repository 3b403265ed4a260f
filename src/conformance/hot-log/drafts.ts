import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { HotEntry, HotKey, HotLog } from "../../hot/hot-log.ts";
import {
  all,
  chain,
  delta,
  following,
  headOf,
  holds,
  isCurrent,
  isListed,
  lastOf,
  newKey,
  snapshot,
  stampOf,
  timeOf,
  whole,
} from "./versions.ts";
import type { HotSubject } from "./subject.ts";

/** A committed version, and drafts that follow on it. */
async function drafted(hotLog: HotLog, count: number): Promise<{ key: HotKey; first: HotEntry; drafts: HotEntry[] }> {
  const key = newKey();
  const [first, ...drafts] = chain(count + 1);
  await hotLog.tell(key, whole([first], { since: await timeOf(hotLog, key) }));
  for (const draft of drafts) assert.equal(await hotLog.draft(key, draft), "ok");
  return { key, first, drafts };
}

/** Versions that the cold store gets later. */
export const drafts: HotSubject = {
  name: "drafts",
  promises: {
    async "a draft is the next entry of the log, and whoever holds it is current"({ hotLog, another }) {
      const { key, first, drafts: made } = await drafted(hotLog, 2);
      const [one, two] = made;
      assert.ok(one !== undefined && two !== undefined);
      for (const reader of [hotLog, await another()]) {
        await holds(reader, key, [first, one, two]);
        assert.equal(await isCurrent(reader, key, two), true);
        assert.equal(await isCurrent(reader, key, first), false);
        assert.equal(await isCurrent(reader, key, one), false);
      }
      assert.deepEqual((await headOf(hotLog, key)).stamp, stampOf(first));
    },

    async "metadata come back with the draft, to the last character; a draft may be without"({ hotLog }) {
      const key = newKey();
      const [first, second, third] = [...chain(3)] as const;
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      const metadata = '{"b":1,"a":"/\\u0000\\ud800\\"","__proto__":{"1":-0.5e-7}}';
      await hotLog.tell(key, whole([first]));
      await hotLog.draft(key, { ...second, metadata });
      await hotLog.draft(key, { ...third, kind: "clear", body: null });
      const { entries } = await all(hotLog, key);
      assert.deepEqual(
        entries.map((entry) => entry.metadata),
        [undefined, metadata, undefined],
      );
      assert.equal(entries[2]?.json, null);
    },

    async "who gives up drafts ends the trust in what they stood on, until somebody has asked"({ hotLog, another }) {
      const { key, first, drafts: made } = await drafted(hotLog, 2);
      const other = await another();
      await hotLog.discard(key, lastOf(made).writeId);
      await holds(other, key, []);
      assert.equal(await isCurrent(other, key, first), false);
      assert.equal((await headOf(other, key)).known.by, "");
      // Of a log that is gone, nobody has given up anything since.
      await hotLog.tell(key, whole([first], { since: await timeOf(hotLog, key) }));
      assert.equal(await isCurrent(other, key, first), true);
      await hotLog.discard(key, lastOf(made).writeId);
      assert.equal(await isCurrent(other, key, first), true);
    },

    async "the same draft again is there already, wherever it stands in the log"({ hotLog }) {
      const { key, first, drafts: made } = await drafted(hotLog, 3);
      for (const draft of made) assert.equal(await hotLog.draft(key, draft), "ok");
      await holds(hotLog, key, [first, ...made]);
      const [one] = made;
      assert.ok(one !== undefined);
      await hotLog.tell(key, following(first, [one]));
      assert.equal(await hotLog.draft(key, one), "ok");
      await holds(hotLog, key, [first, ...made]);
    },

    async "who stands on an entry that others stand on already is in conflict"({ hotLog }) {
      const { key, first, drafts: made } = await drafted(hotLog, 2);
      const [one] = made;
      assert.ok(one !== undefined);
      for (const base of [first, one]) assert.equal(await hotLog.draft(key, delta(base)), "conflict");
      await holds(hotLog, key, [first, ...made]);
    },

    async "who stands on something that the log does not hold is unknown"({ hotLog }) {
      const key = newKey();
      const first = snapshot(4);
      assert.equal(await hotLog.draft(key, delta(first)), "unknown");
      await hotLog.tell(key, whole([first]));
      const strangers = [{ ...first, writeId: randomUUID() }, snapshot(3), snapshot(2), snapshot(5), snapshot(9)];
      for (const base of strangers) assert.equal(await hotLog.draft(key, delta(base)), "unknown");
      await holds(hotLog, key, [first]);
      assert.equal(await isListed(hotLog, key), false);
    },

    async "of many drafts on one base, one is taken"({ hotLog, another }) {
      const other = await another();
      const key = newKey();
      const first = snapshot();
      await hotLog.tell(key, whole([first]));
      const attempts = Array.from({ length: 20 }, () => delta(first));
      const answers = await Promise.all(
        attempts.map((draft, index) => (index % 2 === 0 ? hotLog : other).draft(key, draft)),
      );
      assert.equal(answers.filter((answer) => answer === "ok").length, 1);
      assert.equal(answers.filter((answer) => answer === "conflict").length, 19);
      const taken = attempts[answers.indexOf("ok")];
      assert.ok(taken !== undefined);
      await holds(hotLog, key, [first, taken]);
    },

    async "threads with drafts are listed, oldest first, until the last draft is committed"({ hotLog, another }) {
      const listed = await Promise.all([drafted(hotLog, 2), drafted(hotLog, 1)]);
      const [one, two] = listed;
      const other = await another();
      for (const { key } of listed) assert.equal(await isListed(other, key), true);
      const [second, third] = one.drafts;
      assert.ok(second !== undefined && third !== undefined);
      await hotLog.tell(one.key, following(one.first, [second]));
      assert.equal(await isListed(hotLog, one.key), true);
      await hotLog.tell(one.key, following(second, [third]));
      assert.equal(await isListed(hotLog, one.key), false);
      assert.equal(await isListed(hotLog, two.key), true);
      await hotLog.tell(two.key, following(two.first, two.drafts));
      assert.equal(await isListed(hotLog, two.key), false);
      await holds(hotLog, one.key, [one.first, ...one.drafts]);
    },

    async "the list is ordered by the first draft, bounded, and leaves young ones out"({ hotLog }) {
      const made: HotKey[] = [];
      for (let count = 0; count < 6; count++) {
        const { key } = await drafted(hotLog, 1);
        // The list counts in milliseconds.
        const { atMs } = await timeOf(hotLog, key);
        while ((await timeOf(hotLog, key)).atMs < Math.floor(atMs) + 1);
        made.push(key);
      }
      const [oldest] = made;
      assert.ok(oldest !== undefined);
      await hotLog.draft(oldest, delta((await all(hotLog, oldest)).entries.at(-1) ?? snapshot()));
      const ours = new Set(made.map(({ threadId }) => threadId));
      const listed = (await hotLog.drafts(0, 1_000_000)).filter(({ threadId }) => ours.has(threadId));
      assert.deepEqual(listed, made);
      assert.ok((await hotLog.drafts(0, 3)).length <= 3);
      const old = await hotLog.drafts(600_000, 1_000_000);
      assert.equal(
        old.some(({ threadId }) => ours.has(threadId)),
        false,
      );
      for (const key of made) await hotLog.discard(key, String((await all(hotLog, key)).entries.at(-1)?.writeId));
    },

    async "a log whose drafts are held counts as one whose drafts are yet to come"({ hotLog, another }) {
      const { key, first, drafts: made } = await drafted(hotLog, 2);
      const other = await another();
      await other.hold(key, 600_000);
      // Neither a shorter time nor another draft takes anything of it away.
      await hotLog.hold(key, 0);
      assert.equal(await hotLog.draft(key, delta(lastOf([first, ...made]))), "ok");
      for (const one of [hotLog, other]) assert.equal(await isListed(one, key), false);
      const { entries } = await all(hotLog, key);
      assert.equal(entries.length, 4);
      await hotLog.discard(key, String(entries.at(-1)?.writeId));
      // The next drafts are not held by what was said of these.
      await hotLog.tell(key, whole([first]));
      assert.equal(await hotLog.draft(key, delta(first)), "ok");
      assert.equal(await isListed(other, key), true);
    },

    async "where there are no drafts, nothing can be held"({ hotLog }) {
      const key = newKey();
      await hotLog.hold(key, 600_000);
      const [first, draft] = chain(2);
      await hotLog.tell(key, whole([first]));
      await hotLog.hold(key, 600_000);
      assert.equal(await hotLog.draft(key, draft ?? first), "ok");
      assert.equal(await isListed(hotLog, key), true);
      await hotLog.hold(key, 0);
      assert.equal(await isListed(hotLog, key), true);
    },

    async "a log with drafts is not replaced or deleted: only the stamp rises"({ hotLog }) {
      const { key, first, drafts: made } = await drafted(hotLog, 2);
      const since = await timeOf(hotLog, key);
      const foreign = snapshot(2);
      assert.equal(await hotLog.tell(key, whole([foreign], { since })), "drafts");
      await holds(hotLog, key, [first, ...made]);
      const head = await headOf(hotLog, key);
      assert.deepEqual(head.stamp, stampOf(foreign));
      assert.deepEqual(head.known, since);
      const next = delta(foreign);
      assert.equal(await hotLog.tell(key, following(foreign, [next], { since })), "drafts");
      await holds(hotLog, key, [first, ...made]);
      assert.equal(await isListed(hotLog, key), true);
      for (const held of [first, ...made, foreign, next]) assert.equal(await isCurrent(hotLog, key, held), false);
    },

    async "a draft may stand on drafts that have lost: nobody refuses but the cold store"({ hotLog }) {
      const { key, first, drafts: made } = await drafted(hotLog, 1);
      const [one] = made;
      assert.ok(one !== undefined);
      await hotLog.tell(key, whole([snapshot(9)]));
      const next = delta(one);
      assert.equal(await hotLog.draft(key, next), "ok");
      await holds(hotLog, key, [first, one, next]);
    },

    async "drafts that were committed with a version behind them are followed by it"({ hotLog }) {
      const { key, first, drafts: made } = await drafted(hotLog, 2);
      const [one, two] = made;
      assert.ok(one !== undefined && two !== undefined);
      const next = delta(two);
      assert.equal(await hotLog.tell(key, following(first, [one, two, next])), "told");
      await holds(hotLog, key, [first, one, two, next]);
      assert.equal(await isListed(hotLog, key), false);
      const last = delta(next);
      assert.equal(await hotLog.draft(key, last), "ok");
      assert.equal(await hotLog.tell(key, following(next, [last])), "told");
      assert.equal(await isListed(hotLog, key), false);
    },

    async "a whole log of what the drafts have become leaves them where they are"({ hotLog }) {
      const { key, first, drafts: made } = await drafted(hotLog, 2);
      const [one, two] = made;
      assert.ok(one !== undefined && two !== undefined);
      const folded: HotEntry = { ...one, after: "", kind: "snapshot" };
      assert.equal(await hotLog.tell(key, whole([folded])), "told");
      await holds(hotLog, key, [first, one, two]);
      assert.equal(await isListed(hotLog, key), true);
      assert.equal(await hotLog.tell(key, whole([{ ...two, after: "", kind: "snapshot" }])), "told");
      await holds(hotLog, key, [first, one, two]);
      assert.equal(await isListed(hotLog, key), false);
    },

    async "of two histories with one number, drafts are not forgotten"({ hotLog }) {
      const { key, first, drafts: made } = await drafted(hotLog, 1);
      assert.equal(await hotLog.tell(key, whole([snapshot(1)])), "old");
      await holds(hotLog, key, [first, ...made]);
      assert.deepEqual((await headOf(hotLog, key)).stamp, stampOf(first));
    },

    async "a chain that was saved elsewhere is discarded, unless something came behind it"({ hotLog }) {
      const { key, first, drafts: made } = await drafted(hotLog, 2);
      const [one, two] = made;
      assert.ok(one !== undefined && two !== undefined);
      for (const writeId of [first.writeId, one.writeId, randomUUID(), ""]) await hotLog.discard(key, writeId);
      await holds(hotLog, key, [first, one, two]);
      assert.equal(await isListed(hotLog, key), true);
      await hotLog.discard(key, two.writeId);
      await holds(hotLog, key, []);
      assert.equal(await isListed(hotLog, key), false);
      await hotLog.discard(key, two.writeId);
      assert.deepEqual((await headOf(hotLog, key)).stamp, stampOf(first));
      assert.equal(await hotLog.draft(key, one), "unknown");
    },

    async "drafts, news and flushes at once leave one chain, in which every draft that was taken stands once"({
      hotLog,
      another,
    }) {
      const other = await another();
      const key = newKey();
      const first = snapshot();
      await hotLog.tell(key, whole([first]));
      const taken: HotEntry[] = [first];
      const draftOn = async (log: HotLog): Promise<void> => {
        for (let tries = 0; tries < 60; tries++) {
          const draft = delta(taken.at(-1) ?? first);
          if ((await log.draft(key, draft)) === "ok") taken.push(draft);
        }
      };
      const flush = async (log: HotLog): Promise<void> => {
        for (let tries = 0; tries < 30; tries++) {
          const { entries } = await all(log, key);
          const written = entries.map(({ json, ...entry }) => ({ ...entry, body: JSON.stringify(json) }));
          await log.tell(key, following(first, written.slice(1), { stamp: stampOf(written.at(-1) ?? first) }));
        }
      };
      await Promise.all([draftOn(hotLog), draftOn(other), flush(other)]);
      const { entries } = await all(hotLog, key);
      for (const [index, entry] of entries.entries()) {
        assert.equal(entry.after, index === 0 ? "" : entries[index - 1]?.writeId);
      }
      const shown = entries.map(({ writeId }) => writeId).toSorted();
      assert.deepEqual(shown, taken.map(({ writeId }) => writeId).toSorted());
      await hotLog.discard(key, String(entries.at(-1)?.writeId));
    },

    async "a single committed entry that the stamp has passed is no draft"({ hotLog }) {
      const key = newKey();
      const entries = chain(3);
      const [first] = entries;
      await hotLog.tell(key, whole([first]));
      await hotLog.tell(key, following(lastOf(entries), [delta(lastOf(entries))]));
      assert.equal(await isListed(hotLog, key), false);
    },
  },
};
