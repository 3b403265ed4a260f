import assert from "node:assert/strict";
import {
  all,
  ANY_AGE_MS,
  chain,
  clear,
  delta,
  headOf,
  lastOf,
  newKey,
  snapshot,
  stampOf,
  timeOf,
  whole,
} from "./versions.ts";
import type { HotSubject } from "./subject.ts";

/** What a read shows. */
export const reads: HotSubject = {
  name: "reads",
  promises: {
    async "of a thread that nobody told of, nothing is shown"({ hotLog }) {
      const key = newKey();
      for (const known of [null, { version: 3, writeId: "a write" }, { version: 0, writeId: "" }]) {
        const view = await hotLog.read(key, known, ANY_AGE_MS);
        assert.equal(view.current, false);
        assert.equal(view.head, null);
        assert.deepEqual(view.entries, []);
        assert.equal(view.fromStart, true);
      }
    },

    async "a log is shown whole, in order, each entry as it was told, its body parsed"({ hotLog, another }) {
      const key = newKey();
      const [first, second, third] = [snapshot(1, { a: [1, null, "ä"] }), clear(2), snapshot(3, {})];
      const entries = chain(2, { ...third, after: second.writeId });
      await hotLog.tell(key, whole([first, { ...second, after: first.writeId }, ...entries]));
      for (const reader of [hotLog, await another()]) {
        const view = await all(reader, key);
        assert.equal(view.current, false);
        assert.equal(view.fromStart, true);
        assert.deepEqual(
          view.entries.map(({ version, kind, json, bytes }) => ({ version, kind, json, bytes })),
          [
            { version: 1, kind: "snapshot", json: { a: [1, null, "ä"] }, bytes: 19 },
            { version: 2, kind: "clear", json: null, bytes: 0 },
            { version: 3, kind: "snapshot", json: {}, bytes: 2 },
            { version: 4, kind: "delta", json: { set: { on: 3 } }, bytes: 16 },
          ],
        );
        const told = [first, second, ...entries];
        assert.deepEqual(
          view.entries.map(({ writeId, after }) => [writeId, after]),
          told.map(({ writeId }, index) => [writeId, told[index - 1]?.writeId ?? ""]),
        );
        assert.ok(view.entries.every((entry) => entry.metadata === undefined));
      }
    },

    async "whoever holds an entry of the log is shown what is past it"({ hotLog }) {
      const key = newKey();
      const entries = chain(4);
      await hotLog.tell(key, whole(entries));
      for (const [index, known] of entries.entries()) {
        const view = await hotLog.read(key, known, ANY_AGE_MS);
        assert.equal(view.fromStart, false);
        assert.deepEqual(
          view.entries.map(({ writeId }) => writeId),
          entries.slice(index + 1).map(({ writeId }) => writeId),
        );
        assert.deepEqual(view.head?.stamp, stampOf(lastOf(entries)));
      }
    },

    async "whoever holds something else is shown the whole log: the same number is not the same version"({ hotLog }) {
      const key = newKey();
      const entries = chain(3, snapshot(7));
      await hotLog.tell(key, whole(entries));
      const [first] = entries;
      const strangers = [
        { version: 8, writeId: "another write" },
        { version: 6, writeId: first.writeId },
        { version: 9, writeId: first.writeId },
        { version: 70, writeId: lastOf(entries).writeId },
        { version: 0, writeId: "" },
      ];
      for (const known of strangers) {
        const view = await hotLog.read(key, known, ANY_AGE_MS);
        assert.equal(view.fromStart, true);
        assert.equal(view.entries.length, 3);
      }
    },

    async "every reader gets values of his own"({ hotLog }) {
      const key = newKey();
      await hotLog.tell(key, whole([snapshot(1, { list: [1] })]));
      for (const { json } of (await all(hotLog, key)).entries) (json as { list: number[] }).list.push(2);
      assert.deepEqual((await all(hotLog, key)).entries[0]?.json, { list: [1] });
    },

    async "the time never stands still, and comes from one clock"({ hotLog, another }) {
      const key = newKey();
      const times = [await timeOf(hotLog, key), await timeOf(await another(), key), await timeOf(hotLog, key)];
      const [one, two, three] = times.map(({ atMs }) => atMs);
      assert.ok(one !== undefined && two !== undefined && three !== undefined);
      assert.ok(one <= two && two <= three && one < three, `${one}, ${two}, ${three}`);
      assert.equal(new Set(times.map(({ by }) => by)).size, 1);
    },

    async "a past moment is known after the first answer, without asking, and is past"({ hotLog }) {
      const key = newKey();
      const asked = await timeOf(hotLog, key);
      const past = hotLog.past(key);
      assert.ok(past !== null && past.atMs >= asked.atMs, "later than what was answered");
      assert.equal(past.by, asked.by);
      const now = await timeOf(hotLog, key);
      assert.ok(past.atMs <= now.atMs, `${past.atMs} is not past at ${now.atMs}`);
    },

    async "texts come back to the last unit: NUL, lone surrogates, quotes, braces, what looks like a command"({
      hotLog,
    }) {
      const key = newKey();
      const text = '\u0000\uD800 \uDFFF\u2028"\\/{}:\r\n$5\r\nhello\u007F\uFFFD\u{1F600}é';
      const body = { [text]: text, __proto__x: { constructor: text }, deep: [[[[text]]]], "": "" };
      const [first] = chain(1, snapshot(1, body));
      const draft = delta(first, { set: { [text]: text } });
      await hotLog.tell(key, whole([first]));
      await hotLog.draft(key, draft);
      const { entries } = await all(hotLog, key);
      assert.deepEqual(
        entries.map(({ json }) => JSON.stringify(json)),
        [first.body, draft.body],
      );
    },

    async "a key `__proto__` is a key"({ hotLog }) {
      const key = newKey();
      const body = '{"__proto__":{"polluted":true},"set":{}}';
      await hotLog.tell(key, whole([{ ...snapshot(), body }]));
      const [entry] = (await all(hotLog, key)).entries;
      assert.equal(JSON.stringify(entry?.json), body);
      assert.equal(Object.getPrototypeOf(entry?.json), Object.prototype);
    },

    async "a body of a megabyte is a body"({ hotLog }) {
      const key = newKey();
      const body = { text: "ü".repeat(512 * 1024), numbers: Array.from({ length: 1000 }, (_, index) => index / 3) };
      const [first] = chain(1, snapshot(1, body));
      const second = delta(first, { set: body });
      await hotLog.tell(key, whole([first]));
      assert.equal(await hotLog.draft(key, second), "ok");
      const { entries } = await all(hotLog, key);
      assert.deepEqual(
        entries.map(({ json, bytes }) => ({ json, bytes })),
        [first, second].map((entry) => ({
          json: JSON.parse(entry.body ?? ""),
          bytes: Buffer.byteLength(entry.body ?? ""),
        })),
      );
    },

    async "a view says whether its bodies may hold the codec's tag"({ hotLog }) {
      const key = newKey();
      const [first] = chain(1, snapshot(1, { when: { $: "date", v: 0 } }));
      const second = delta(first, { set: { plain: "$" } });
      await hotLog.tell(key, whole([first, second]));
      assert.equal((await all(hotLog, key)).tagged, true);
      const plain = newKey();
      await hotLog.tell(plain, whole([snapshot(1, { cost: "5 $" })]));
      assert.equal((await all(hotLog, plain)).tagged, false);
    },

    async "numbers are exact as far as numbers of JavaScript are"({ hotLog }) {
      const key = newKey();
      const last = snapshot(4_000_000_000);
      const stamp = stampOf(last, 2 ** 52);
      const at = await timeOf(hotLog, key);
      await hotLog.tell(key, whole([last], { stamp, since: at }));
      const head = await headOf(hotLog, key);
      assert.deepEqual(head.stamp, stamp);
      assert.deepEqual(head.known, at);
    },
  },
};
