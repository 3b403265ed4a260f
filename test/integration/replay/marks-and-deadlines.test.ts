import { expect, test } from "vitest";
import { Stage } from "./stage.ts";

// The comments are the steps of the counterexamples whose commands a method name does not tell.

const stage = new Stage(import.meta.url);

test("lifeFromExecution: what a slow reader tells is executed after its time", async () => {
  const maxStalenessMs = 300;
  const thread = await stage.thread();
  const [a, c] = await stage.processes(thread, ["A", "C"], { maxStalenessMs });
  const look = await a.looks();
  const lookedMs = await stage.timeMs();
  expect(await a.reads(look)).toBe("o");
  await stage.writesUnaware(thread, "w2"); // a writer all of whose commands are lost
  await stage.untilMs(lookedMs + maxStalenessMs);
  await a.redisExecutes(); // replace(o)
  expect(await a.answers()).toBe("w2");
  expect(await c.answers()).toBe("w2");
});

test("r0Late: what a slow reader tells is sent only after its time", async () => {
  const maxStalenessMs = 300;
  const thread = await stage.thread();
  const [a, c] = await stage.processes(thread, ["A", "C"], { maxStalenessMs });
  const look = await a.looks();
  const lookedMs = await stage.timeMs();
  await a.isReadLate();
  await stage.writesUnaware(thread, "w2");
  await stage.untilMs(lookedMs + maxStalenessMs);
  expect(await a.reads(look)).toBe("o");
  await a.redisExecutes(); // replace(o)
  expect(await a.answers()).toBe("w2");
  expect(await c.answers()).toBe("w2");
});

test("headDiesWithTrust: an old version comes when the trust in a newer one has ended", async () => {
  const maxStalenessMs = 1_500;
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"], { maxStalenessMs });
  const write = await b.begins("w2", "overwrite");
  const begunMs = await stage.timeMs();
  await stage.untilMs(begunMs + maxStalenessMs / 2);
  await b.redisExecutes(); // mark(w2)
  const look = await a.looks();
  expect(await a.reads(look)).toBe("o");
  await b.commits(write);
  await b.tellsAll(); // advance(w2), as of its beginning
  await stage.untilMs(begunMs + maxStalenessMs);
  await a.redisExecutes(); // replace(o), as of its look
  expect(await a.answers()).toBe("w2");
  expect(await c.answers()).toBe("w2");
});

test("stampFalls: a slow reader's old version comes after a newer one was told", async () => {
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"]);
  const look = await a.looks();
  expect(await a.reads(look)).toBe("o");
  const write = await b.begins("w2", "overwrite");
  await b.redisExecutes(); // mark(w2)
  await b.commits(write);
  await b.tellsAll(); // advance(w2)
  await a.redisExecutes(); // replace(o)
  expect(await a.answers()).toBe("w2");
  expect(await c.answers()).toBe("w2");
});

test("noMark: a writer dies between its commit and what it tells", async () => {
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"]);
  expect(await a.reads(await a.looks())).toBe("o");
  await a.redisExecutes(); // replace(o)
  expect(await a.answersFromCache()).toBe("o");
  const write = await b.begins("w2", "overwrite");
  await b.redisExecutes(); // mark(w2)
  await b.commits(write);
  expect(await a.answers()).toBe("w2");
  expect(await c.answers()).toBe("w2");
});

test("markByNow: trust is older than a mark whose deadline has passed", async () => {
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"]);
  expect(await a.reads(await a.looks())).toBe("o");
  await a.tellsAll(); // replace(o)
  const write = await b.begins("w2", "overwrite");
  await b.redisExecutes(); // mark(w2)
  await b.commits(write);
  const deadlineUs = Number(await stage.control.hget(stage.keysOf(thread).head, "p"));
  await stage.untilMs(deadlineUs / 1_000); // ten seconds: the deadline is no option
  expect(await a.answers()).toBe("w2");
  expect(await c.answers()).toBe("w2");
});

test("markReplaces: of two commits under way, one is told, and the other's writer dies", async () => {
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"]);
  // An overwrite of ours is based on a version, so the one that comes second begins when the first one's commit is known, and only its mark
  // overtakes the first one's.
  const first = await c.begins("w3", "overwrite");
  await c.commits(first);
  const second = await b.begins("w2", "write");
  await b.redisExecutes(); // mark(w2)
  await c.tellsAll(); // mark(w3), advance(w3), replace(w3)
  await b.commits(second);
  expect(await a.answers()).toBe("w2+w3");
});

test("unmarkAny: a slow reader tells while a commit is under way", async () => {
  const thread = await stage.thread();
  const [a, b, c] = await stage.processes(thread, ["A", "B", "C"]);
  const look = await a.looks();
  expect(await a.reads(look)).toBe("o");
  const write = await b.begins("w2", "overwrite");
  await b.redisExecutes(); // mark(w2)
  await a.redisExecutes(); // replace(o)
  await b.commits(write);
  expect(await a.answers()).toBe("w2");
  expect(await c.answers()).toBe("w2");
});

test("emptyTrusted: of a newer version, Redis has the stamp and no log", async () => {
  const thread = await stage.thread();
  const [a, b] = await stage.processes(thread, ["A", "B"]);
  const look = await a.looks();
  expect(await a.reads(look)).toBe("o");
  await a.losesCommands(); // replace(o)
  const write = await b.begins("w2", "overwrite");
  await b.redisExecutes(); // mark(w2)
  await b.commits(write);
  await b.redisExecutes(); // advance(w2): there is no log to append to
  await stage.control.del(stage.keysOf(thread).log);
  expect(await a.answers()).toBe("w2");
});

test("noAppendCheck: a log ends before what a newer version stands on", async () => {
  const thread = await stage.thread();
  const [a, other, b] = await stage.processes(thread, ["A", "another A", "B"]);
  const look = await a.looks();
  expect(await a.reads(look)).toBe("o");
  const second = await other.looks();
  await b.commits(await b.begins("w2", "write"));
  await b.losesCommands(); // mark(w2), advance(w2)
  const write = await b.begins("w3", "write");
  await a.redisExecutes(); // replace(o)
  await b.redisExecutes(); // mark(w3)
  await b.commits(write);
  await b.redisExecutes(); // advance(w3 after w2)
  expect(await other.reads(second)).toBe("o+w2+w3");
  await other.tellsAll();
  for (const one of [a, other]) {
    expect(await one.answers()).toBe("o+w2+w3");
    expect(await one.answers()).toBe("o+w2+w3");
    expect(await one.answersFromCache()).toBe("o+w2+w3");
  }
});
