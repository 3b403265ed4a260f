import assert from "node:assert/strict";
import type { HotKey } from "../../hot/hot-log.ts";
import { unique } from "../sample.ts";
import { chain, delta, headOf, holds, isListed, lastOf, newKey, snapshot, whole } from "./versions.ts";
import type { HotSubject } from "./subject.ts";

/** Ids that could be taken for one another, for part of a key, or for a pattern. */
function strangeKeys(): readonly HotKey[] {
  const salt = unique("t");
  const threads = [
    salt,
    `${salt}:a`,
    `${salt}:`,
    `:${salt}`,
    `{${salt}}`,
    `${salt}{}`,
    `${salt}}{`,
    `{}${salt}`,
    `${salt}%3a`,
    `${salt}%`,
    `${salt} `,
    `${salt}\n`,
    `${salt}\r\n`,
    `${salt}\t`,
    `${salt}*`,
    `${salt}?`,
    `${salt}[a]`,
    `${salt}é`,
    `${salt}e\u0301`,
    `${salt}\u{1F600}`,
    `${salt}#`,
    `#${salt}`,
    salt.toUpperCase(),
    `${salt}\\`,
    `${salt}"'`,
    `${salt}\u0000`,
    `${salt}\u2028`,
    `${salt}/../x`,
    `${salt}:log`,
    "x".repeat(400) + salt,
  ];
  const namespaces = ["", "a", ":", ":a", "a:", "{a}", "%", "log", ":log", "head", "\u0000", " ", "#1", "1"];
  return [
    { threadId: salt, namespace: "\0" },
    { threadId: salt, namespace: ":" },
    ...threads.map((threadId) => ({ threadId, namespace: "" })),
    ...namespaces.map((namespace) => ({ threadId: `${salt}.`, namespace })),
  ];
}

/** Whose log is whose. */
export const names: HotSubject = {
  name: "names",
  promises: {
    async "ids and namespaces, however strange, never meet, and come back as they were"({ hotLog, another }) {
      const keys = strangeKeys();
      const logs = keys.map(() => chain(2));
      await Promise.all(keys.map((key, index) => hotLog.tell(key, whole([logs[index]?.[0] ?? snapshot()]))));
      await Promise.all(keys.map((key, index) => hotLog.draft(key, logs[index]?.[1] ?? snapshot())));
      const reader = await another();
      for (const [index, key] of keys.entries()) await holds(reader, key, [...(logs[index] ?? [])]);
      const listed = (await reader.drafts(0, 1_000_000)).map(({ threadId, namespace }) =>
        JSON.stringify([threadId, namespace]),
      );
      for (const { threadId, namespace } of keys) assert.ok(listed.includes(JSON.stringify([threadId, namespace])));
      await Promise.all(keys.map((key, index) => hotLog.discard(key, String(logs[index]?.[1]?.writeId))));
      for (const key of keys) assert.equal(await isListed(hotLog, key), false);
    },

    async "ids of different types are different ids, and keep their types"({ hotLog }) {
      const number = 1_000_000_000 + Math.floor(Math.random() * 1_000_000_000);
      const threadIds = [
        number,
        -number,
        BigInt(number),
        -(2n ** 63n - 1n),
        String(number),
        `${number}n`,
        `#${number}`,
        0,
        0n,
        "0",
        "-0",
      ];
      const keys = threadIds.map((threadId) => ({ threadId, namespace: unique("namespace") }));
      const shared = threadIds.map((threadId) => ({ threadId, namespace: keys[0]?.namespace ?? "" }));
      for (const key of shared) {
        const entries = chain(2);
        await hotLog.tell(key, whole([entries[0]]));
        await hotLog.draft(key, lastOf(entries));
        await holds(hotLog, key, entries);
      }
      const listed = (await hotLog.drafts(0, 1_000_000)).filter(({ namespace }) => namespace === keys[0]?.namespace);
      assert.deepEqual(new Set(listed.map(({ threadId }) => threadId)), new Set(threadIds));
      for (const key of shared) {
        const { entries } = await hotLog.read(key, null, 0);
        await hotLog.discard(key, String(entries.at(-1)?.writeId));
      }
    },

    async "an owner comes back as it was, of each type; nobody is nobody"({ hotLog }) {
      const owners = [
        null,
        "",
        "owner",
        "null",
        "=",
        "#1",
        "%",
        "a:b{c}\u0000é\u{1F600}",
        0,
        1,
        -5,
        2 ** 31 - 1,
        0n,
        1n,
        -(2n ** 63n - 1n),
        "1",
      ];
      const key = newKey();
      let last = snapshot();
      await hotLog.tell(key, whole([last]));
      for (const owner of owners) {
        const next = delta(last);
        await hotLog.tell(key, { ...whole([next]), after: last.writeId, owner });
        last = next;
        assert.strictEqual((await headOf(hotLog, key)).owner, owner);
      }
    },

    async "an owner changes only with news that are not old"({ hotLog }) {
      const key = newKey();
      const entries = chain(2);
      const [first] = entries;
      await hotLog.tell(key, whole(entries, { owner: "one" }));
      await hotLog.tell(key, whole([first], { owner: "two" }));
      assert.equal((await headOf(hotLog, key)).owner, "one");
      await hotLog.tell(key, whole(entries, { owner: null }));
      assert.equal((await headOf(hotLog, key)).owner, null);
    },
  },
};
