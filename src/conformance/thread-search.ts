import assert from "node:assert/strict";
import type { ThreadFields } from "../index.ts";
import { newConfig, type OwnedConfig, unique } from "./sample.ts";
import type { Checkpointer, Subject } from "./subject.ts";

/** Searching threads by what they are called and tagged. */
export const threadSearch: Subject = {
  name: "search of threads",
  promises: {
    async "names are found, whatever the case and the form of letters"({ checkpointer }) {
      const config = await named(checkpointer, { threadName: 'Das Café "100%_\\" 天気\nund mehr' });
      const searches = ["café", "CAFÉ", "cafe\u0301", "天気", '"100%_\\"', "%", "_", "\\", "天気\nund", "DAS"];
      for (const search of searches) assert.equal(await isFound(checkpointer, config, search), true, search);
      for (const search of ["cafeteria", "das%mehr", "das_caf", "null"]) {
        assert.equal(await isFound(checkpointer, config, search), false, search);
      }
    },

    async "texts anywhere in metadata are found, the names of keys and types are not"({ checkpointer }) {
      const metadata = {
        topic: "Weather",
        nested: { places: ["Köln", { street: "Am \uD83D Hof\0" }] },
        at: new Date(0),
        seen: new Map([["who", "Ada"]]),
        big: 12_345n,
      };
      const config = await named(checkpointer, { metadata });
      for (const search of ["weather", "KÖLN", "am ", "hof", "ada"]) {
        assert.equal(await isFound(checkpointer, config, search), true, search);
      }
      for (const search of ["topic", "nested", "date", "map", "bigint", "null", "$", "{"]) {
        assert.equal(await isFound(checkpointer, config, search), false, search);
      }
    },

    async "what was renamed, replaced or removed is no longer found"({ checkpointer }) {
      const config = await named(checkpointer, { threadName: "alpha", metadata: { a: "beta", b: "gamma" } });
      await checkpointer.putThread(config, { threadName: "delta", metadata: { a: "epsilon", b: undefined } });
      for (const search of ["alpha", "beta", "gamma"]) {
        assert.equal(await isFound(checkpointer, config, search), false, search);
      }
      for (const search of ["delta", "epsilon"]) {
        assert.equal(await isFound(checkpointer, config, search), true, search);
      }
      await checkpointer.putThread(config, { threadName: null });
      assert.equal(await isFound(checkpointer, config, "delta"), false);
      assert.equal(await isFound(checkpointer, config, "epsilon"), true);
    },

    async "a write of something else leaves a thread to be found"({ checkpointer }) {
      const config = await named(checkpointer, { threadName: "alpha", metadata: { a: "beta" } });
      await checkpointer.putThread(config, { metadata: { c: "gamma" } });
      await checkpointer.putMessages(config, []);
      for (const search of ["alpha", "beta", "gamma"]) {
        assert.equal(await isFound(checkpointer, config, search), true, search);
      }
    },

    async "a fork is found as its source is"({ checkpointer }) {
      const config = await named(checkpointer, { threadName: "alpha", metadata: { a: "beta" } });
      const fork = { threadId: unique("fork"), userId: config.userId };
      await checkpointer.forkThread(config, fork);
      for (const search of ["alpha", "beta"]) {
        assert.equal((await checkpointer.listThreads({ userId: config.userId }, { search })).length, 2);
      }
    },

    async "an empty search finds all"({ checkpointer }) {
      const config = await named(checkpointer, {});
      assert.equal(await isFound(checkpointer, config, ""), true);
    },

    async "a search and metadata filter together, and pages follow them"({ checkpointer }) {
      const userId = unique("user");
      for (const [index, kind] of ["a", "b", "a", "a"].entries()) {
        const fields = { threadName: index === 2 ? "other" : `match ${index}`, metadata: { kind } };
        await checkpointer.putThread({ threadId: unique("t"), userId }, fields);
      }
      const list = async (limit: number, offset: number): Promise<(string | null)[]> =>
        (await checkpointer.listThreads({ userId }, { search: "MATCH", metadata: { kind: "a" }, limit, offset })).map(
          (thread) => thread.threadName,
        );
      assert.deepEqual(await list(9, 0), ["match 3", "match 0"]);
      assert.deepEqual(await list(1, 1), ["match 0"]);
    },
  },
};

async function named(checkpointer: Checkpointer, fields: ThreadFields): Promise<OwnedConfig> {
  const config = newConfig();
  await checkpointer.putThread(config, fields);
  return config;
}

async function isFound(
  checkpointer: Checkpointer,
  { threadId, userId }: OwnedConfig,
  search: string,
): Promise<boolean> {
  const found = await checkpointer.listThreads({ userId }, { search });
  return found.some((thread) => thread.threadId === threadId);
}
