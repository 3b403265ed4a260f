import { expect, test } from "vitest";
import { until } from "./process.ts";
import { Stage } from "./stage.ts";

// What is forgotten: a thread is deleted, keys expire, a process keeps no more than it has room for.

const stage = new Stage(import.meta.url);

test("incarnation: a thread is deleted and made again while a reader looks", async () => {
  const thread = await stage.thread();
  const [a, b] = await stage.processes(thread, ["A", "B"]);
  expect(await a.answers()).toBe("o");
  await b.checkpointer.deleteThread(thread);
  const look = await a.looks();
  await b.commits(await b.begins("w3", "overwrite"));
  expect(await a.reads(look)).toBe("w3");
  expect(await a.rollbacks()).toBe(0);
});

test("noTombstone: a reader has seen a delete, and asks PostgreSQL", async () => {
  const thread = await stage.thread();
  const [a, b] = await stage.processes(thread, ["A", "B"]);
  expect(await a.answers()).toBe("o");
  await b.checkpointer.deleteThread(thread);
  expect(await a.reads(await a.looks())).toBe("nothing");
  expect(await a.answers()).toBe("nothing");
  expect(await a.rollbacks()).toBe(0);
});

test("acrossIncarnations: a thread is deleted and made again behind a log of its first life", async () => {
  const maxStalenessMs = 300;
  const thread = await stage.thread();
  const a = await stage.process(thread, { maxStalenessMs });
  const c = await stage.process(thread);
  const look = await a.looks();
  const lookedMs = await stage.timeMs();
  await stage.untilMs(lookedMs + maxStalenessMs);
  expect(await a.reads(look)).toBe("o");
  await a.redisExecutes(); // replace(o), which grants nothing any more
  a.redis.release();
  const second = await a.looks();
  const unaware = await stage.unaware();
  await unaware.deleteThread(thread);
  await stage.writesUnaware(thread, "w3");
  expect(await a.reads(second)).toBe("w3");
  await a.tellsAll();
  expect(await a.answers()).toBe("w3");
  expect(await c.answers()).toBe("w3");
  expect(await c.answersFromCache()).toBe("w3");
});

test("shortLife: both keys expire while a reader's old version is under way", async () => {
  const maxStalenessMs = 1_000;
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"], { maxStalenessMs, cacheTtl: 1 });
  const look = await a.looks();
  const lookedMs = await stage.timeMs();
  expect(await a.reads(look)).toBe("o");
  const write = await b.begins("w2", "overwrite");
  await b.redisExecutes(); // mark(w2)
  await b.commits(write);
  const { head } = stage.keysOf(thread);
  // A mark that keeps its head for ever is as good.
  await until("the head expires", async () => {
    return (await stage.control.exists(head)) === 0 || (await stage.timeMs()) > lookedMs + 2 * maxStalenessMs;
  });
  await a.redisExecutes(); // replace(o)
  expect(await a.answers()).toBe("w2");
  expect(await c.answers()).toBe("w2");
});

test("markNoLife: a mark comes shortly before its head would expire", async () => {
  const maxStalenessMs = 2_000;
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"], { maxStalenessMs, cacheTtl: 2 });
  expect(await c.answers()).toBe("o");
  await c.reachesRedis();
  const { head, log } = stage.keysOf(thread);
  const endMs = (await stage.timeMs()) + (await stage.control.pttl(head));
  await stage.untilMs(endMs - maxStalenessMs / 2);
  await stage.control.del(log); // or nobody would ask PostgreSQL
  const look = await a.looks();
  expect(await a.reads(look)).toBe("o");
  const write = await b.begins("w2", "overwrite");
  await b.redisExecutes(); // mark(w2)
  await b.commits(write);
  await stage.untilMs(endMs + 1);
  await a.redisExecutes(); // replace(o)
  expect(await a.answers()).toBe("w2");
  expect(await c.answers()).toBe("w2");
});

test("noFloors, floorsWithNear: a process forgets what it wrote, and the cache has not heard of it", async () => {
  const thread = await stage.thread();
  const a = await stage.process(thread, { maxCachedThreads: 1 });
  expect(await a.reads(await a.looks())).toBe("o");
  await a.tellsAll(); // replace(o)
  await a.commits(await a.begins("w2", "write"));
  await a.losesCommands(); // mark(w2), advance(w2)
  await a.losesNearCopy();
  expect(await a.answers()).toBe("o+w2");
});
