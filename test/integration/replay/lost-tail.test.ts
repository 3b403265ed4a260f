import { expect, test } from "vitest";
import { ConflictError } from "../../../src/index.ts";
import { Stage } from "./stage.ts";

// PostgreSQL loses its tail: a failover to a replica that lags, or a restore.

const stage = new Stage(import.meta.url);

test("untilRaised: what is told of a lost version comes when a later reader has told of what is left", async () => {
  const maxStalenessMs = 1_500;
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"], { maxStalenessMs });
  const write = await b.begins("w2", "overwrite");
  const begunMs = await stage.timeMs();
  await b.redisExecutes(); // mark(w2)
  await b.commits(write);
  await stage.losesTail(thread, 1);
  await stage.untilMs(begunMs + maxStalenessMs / 2);
  expect(await a.reads(await a.looks())).toBe("o");
  await a.redisExecutes(); // replace(o), as of its look
  await b.tellsAll(); // advance(w2), as of its beginning
  await stage.untilMs(begunMs + maxStalenessMs);
  expect(await a.answers()).toBe("o");
  expect(await c.answers()).toBe("o");
});

test("noChainCheck: a version has the number of a lost one, and the lost one's log is in Redis", async () => {
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"]);
  const look = await a.looks();
  await b.commits(await b.begins("w2", "write"));
  await b.tellsAll(); // advance(w2), replace(w2)
  await b.commits(await b.begins("w3", "write"));
  await b.tellsAll(); // advance(w3)
  await stage.losesTail(thread, 1);
  await c.commits(await c.begins("w4", "write"));
  expect(await a.reads(look)).toBe("o+w4");
  await a.losesCommands(); // what it read
  // The lost history, whole and for no longer than it may be trusted, or the one that stands; never one's delta on the other.
  expect(["o+w2+w3", "o+w4"]).toContain(await a.answers());
});

test("casByVersion: a write is based on a lost version, whose number another one has got", async () => {
  const thread = await stage.thread();
  const [a, b] = await stage.processes(thread, ["A", "B"]);
  expect(await a.reads(await a.looks())).toBe("o");
  const state = await a.commits(await a.begins("w2", "write"));
  const write = await a.beginsOn(Object.assign(state, { w3: true }));
  const overwrite = await b.begins("w4", "overwrite");
  await stage.losesTail(thread, 1);
  await b.commits(overwrite);
  await expect(a.commits(write)).rejects.toThrow(ConflictError);
  await a.losesCommands(); // all that it told
  expect(await a.answers()).toBe("w4");
  expect(await a.rollbacks()).toBe(1);
});

test("resultAtLeast: Redis has a lost version and is told of the one that is left", async () => {
  const thread = await stage.thread();
  const [a, other, b, c, d] = await stage.processes(thread, ["A", "another A", "B", "C", "D"]);
  await b.commits(await b.begins("w2", "overwrite"));
  await b.tellsAll(); // mark(w2), advance(w2)
  await stage.control.del(stage.keysOf(thread).log);
  expect(await d.reads(await d.looks())).toBe("w2");
  await stage.losesTail(thread, 1);
  const look = await other.looks();
  await d.redisExecutes(); // replace(w2)
  expect(await other.reads(look)).toBe("o");
  expect(await a.answersFromCache()).toBe("w2");
  await other.redisExecutes(); // replace(o), seen w2
  expect(await a.answers()).toBe("o");
  expect(await a.rollbacks()).toBe(1);
  expect(await c.answers()).toBe("o");
});

test("floorsNotCompared: a process has answered the lost version, and nobody else knows of it", async () => {
  const thread = await stage.thread();
  const a = await stage.process(thread, { maxCachedThreads: 1 });
  const look = await a.looks();
  await stage.writesUnaware(thread, "w2");
  expect(await a.reads(look)).toBe("w2");
  await a.losesCommands(); // replace(w2)
  await a.losesNearCopy();
  const second = await a.looks();
  await stage.losesTail(thread, 1);
  expect(await a.reads(second)).toBe("o");
  expect(await a.rollbacks()).toBe(1);
});

test("noException: Redis knows of the lost version when a reader tells of what is left", async () => {
  const maxStalenessMs = 300;
  const thread = await stage.thread();
  const a = await stage.process(thread, { maxStalenessMs });
  const [b, c] = await stage.processes(thread, ["B", "C"]);
  const look = await a.looks();
  await b.commits(await b.begins("w2", "overwrite"));
  await b.tellsAll(); // advance(w2)
  await stage.losesTail(thread, 1);
  const lostMs = await stage.timeMs();
  expect(await a.reads(look)).toBe("o");
  await a.tellsAll(); // replace(o), which saw no stamp
  await stage.untilMs(lostMs + maxStalenessMs);
  expect(await a.answers()).toBe("o");
  expect(await a.rollbacks()).toBe(1);
  // One who trusts for longer is served by the cache, and with what is left.
  await a.tellsAll();
  expect(await c.answers()).toBe("o");
  expect(await c.answersFromCache()).toBe("o");
});

test("noSeen: a reader that saw an older stamp tells of an older version, and nothing was lost", async () => {
  const thread = await stage.thread();
  const [a, other, c] = await stage.processes(thread, ["A", "another A", "C"]);
  expect(await a.reads(await a.looks())).toBe("o");
  await a.tellsAll(); // replace(o)
  const write = await c.begins("w2", "write");
  await c.redisExecutes(); // mark(w2)
  expect(await other.reads(await other.looks())).toBe("o");
  await c.commits(write);
  await c.tellsAll(); // advance(w2)
  await other.redisExecutes(); // advance(o), seen o
  for (const one of [a, other]) {
    expect(await one.answers()).toBe("o+w2");
    expect(await one.rollbacks()).toBe(0);
  }
});

test("keepFork, exceptionBelow: Redis knows of the lost version when a reader tells of another one with its number", async () => {
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"]);
  const look = await a.looks();
  await b.commits(await b.begins("w2", "write"));
  await b.tellsAll(); // advance(w2)
  await stage.losesTail(thread, 1);
  await c.commits(await c.begins("w3", "write"));
  expect(await a.reads(look)).toBe("o+w3");
  await a.tellsAll();
  for (const one of [a, b]) {
    expect(await one.answers()).toBe("o+w3");
    expect(await one.answers()).toBe("o+w3");
    expect(await one.answersFromCache()).toBe("o+w3");
  }
});
