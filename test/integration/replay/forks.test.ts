import { expect, test } from "vitest";
import { StorageUnavailableError } from "../../../src/index.ts";
import type { Config, Pending, Process } from "./process.ts";
import { Stage } from "./stage.ts";

// A write that knows of no drafts is committed on what they stand on: they are saved as a thread of their own, by flushers without a lock.

const stage = new Stage(import.meta.url);

interface Conflict {
  readonly thread: Config;
  readonly a: Process;
  readonly flusher: Process;
  readonly another: Process;
}

/** A has drafted `a1` on `o`, and there are two flushers. */
async function begin(): Promise<Conflict> {
  const thread = await stage.thread();
  const [a, flusher, another] = await stage.processes(thread, ["A", "a flusher", "another"], { durability: "exit" });
  expect(await a.takes("cache")).toBe("o");
  await a.reachesRedis();
  await a.drafts("a1");
  return { thread, a, flusher, another };
}

/** A flusher reads the drafts, and asks PostgreSQL; what it does then is kept back. */
async function asks(flusher: Process): Promise<void> {
  await flusher.asksNext(); // what is behind o
}

test("noCas: a foreign write is committed after a flusher has read the drafts", async () => {
  const { thread, flusher } = await begin();
  const flush = await flusher.readsDrafts();
  await flusher.asksNext(); // what is behind o; the commit is on its way
  await stage.writesUnaware(thread, "g");
  await flusher.flushes(flush);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "g"], forks: [["o", "a1+o"]] });
});

test("discardAny: a draft comes while those before it are saved", async () => {
  const { thread, a, flusher } = await begin();
  const flush = await flusher.readsDrafts();
  await a.drafts("a2");
  await stage.writesUnaware(thread, "g");
  await flusher.flushes(flush);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "g"], forks: [["o", "a1+o", "a1+a2+o"]] });
});

test("discardFirst: a flusher dies before it has saved anything", async () => {
  const { thread, flusher } = await begin();
  const flush = await flusher.readsDrafts();
  await stage.writesUnaware(thread, "g");
  await asks(flusher);
  flusher.dies();
  await expect(flush.ended).rejects.toThrow(StorageUnavailableError);
  expect(await stage.isDirty(thread)).toBe(true);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "g"], forks: [["o", "a1+o"]] });
});

test("forkByLast: two flushers save, one of which saw fewer drafts", async () => {
  const { thread, a, flusher, another } = await begin();
  const few = await flusher.readsDrafts();
  await a.drafts("a2");
  const all = await another.readsDrafts();
  await stage.writesUnaware(thread, "g");
  await asks(flusher);
  await asks(another);
  await another.flushes(all);
  await flusher.flushes(few);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "g"], forks: [["o", "a1+o", "a1+a2+o"]] });
});

test("forkAppends: two flushers save the same draft", async () => {
  const { thread, flusher, another } = await begin();
  const flushes: [Process, Pending<unknown>][] = [];
  for (const one of [flusher, another]) flushes.push([one, await one.readsDrafts()]);
  await stage.writesUnaware(thread, "g");
  for (const [one] of flushes) await asks(one);
  for (const [one, flush] of flushes) await one.flushes(flush);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "g"], forks: [["o", "a1+o"]] });
});

test("forkDeleted: the thread is deleted while a flusher is at work", async () => {
  const { thread, flusher } = await begin();
  const flush = await flusher.readsDrafts();
  await stage.writesUnaware(thread, "g");
  await (await stage.unaware()).deleteThread(thread);
  await flusher.flushes(flush);
  expect(await stage.flushed(thread)).toEqual({ history: [], forks: [] });
});

test("forkDeleted: the thread is deleted when a flusher is about to save the drafts", async () => {
  const { thread, flusher } = await begin();
  const flush = await flusher.readsDrafts();
  await stage.writesUnaware(thread, "g");
  await asks(flusher);
  await (await stage.unaware()).deleteThread(thread);
  await flusher.flushes(flush);
  expect(await stage.flushed(thread)).toEqual({ history: [], forks: [] });
});
