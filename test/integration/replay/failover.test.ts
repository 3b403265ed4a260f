import { expect, test } from "vitest";
import { StorageUnavailableError } from "../../../src/index.ts";
import { Stage } from "./stage.ts";

// A server that starts again with what it once saved is a replica that stopped following then: it has a history of its own from now on.

const stage = new Stage(import.meta.url, {});

test("noBy: a replica takes over that has not heard of the newest version", async () => {
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"]);
  expect(await a.reads(await a.looks())).toBe("o");
  await a.tellsAll(); // replace(o)
  await b.commits(await b.begins("w2", "overwrite"));
  await stage.control.save();
  await b.tellsAll(); // mark(w2), advance(w2)
  await stage.failsOver();
  expect(await a.answers()).toBe("w2");
  expect(await c.answers()).toBe("w2");
});

test("byAtSend: a reader looks at one server, and tells the one that takes over", async () => {
  const thread = await stage.thread();
  const a = await stage.process(thread);
  const look = await a.looks();
  await stage.control.save();
  await stage.failsOver();
  await stage.untilConnected(1);
  expect(await a.reads(look)).toBe("o");
  await a.redisExecutes(); // replace(o)
  await stage.writesUnaware(thread, "w2");
  expect(await a.answers()).toBe("w2");
});

test("ownDiscardAny: a draft stands on one that was committed with another one, which the replica lacks", async () => {
  const thread = await stage.thread();
  const [a, flusher, b, another] = await stage.processes(thread, ["A", "a flusher", "B", "another"], {
    durability: "exit",
  });
  expect(await a.takes("cache")).toBe("o");
  await a.reachesRedis();
  await a.drafts("a1");
  await stage.control.save();
  await a.drafts("a2");
  const flush = await flusher.readsDrafts();
  await stage.failsOver();
  await stage.untilConnected(4);
  expect(await b.takes("cache")).toBe("a1+o");
  const draft = b.wants("b1");
  await flusher.asksNext(); // what is behind o
  await flusher.asksNext(); // commit(a1, a2)
  flusher.dies();
  await expect(flush.ended).rejects.toThrow(StorageUnavailableError);
  await draft.ended;
  await another.flushes(await another.readsDrafts());
  expect(await stage.flushed(thread)).toEqual({
    history: ["o", "a1+o", "a1+a2+o"],
    forks: [["o", "a1+o", "a1+b1+o"]],
  });
});
