import { expect, test } from "vitest";
import { ConflictError } from "../../../src/index.ts";
import { type Config, type Process, until } from "./process.ts";
import { Stage } from "./stage.ts";

const stage = new Stage(import.meta.url);
const exit = { durability: "exit" } as const;

/** A thread whose first version Redis has, and processes that draft and flush. */
async function begin<const N extends readonly string[]>(
  names: N,
): Promise<{ readonly thread: Config; readonly processes: { [K in keyof N]: Process } }> {
  const thread = await stage.thread();
  const processes = await stage.processes(thread, names, exit);
  const [first] = processes as readonly Process[];
  expect(await first?.takes("cache")).toBe("o");
  await first?.reachesRedis();
  return { thread, processes };
}

test("noBase: a draft stands on a version that Redis has not heard of", async () => {
  const { thread, processes } = await begin(["A"]);
  const [a] = processes;
  await stage.writesUnaware(thread, "g");
  expect(await a.takes("PostgreSQL")).toBe("g");
  await a.drafts("a1");
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "g", "a1+g"], forks: [] });
});

test("noRepeat: the answer to a draft is lost, and it is repeated", async () => {
  const { thread, processes } = await begin(["A"]);
  const [a] = processes;
  a.redis.hold("replies");
  const draft = a.wants("a1");
  await a.untilAnswered(await a.untilAnswered(0)); // the draft, and the same again
  a.redis.release();
  await draft.ended;
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "a1+o"], forks: [] });
});

test("behind: a draft is late, and its writer has committed it when Redis hears of its base", async () => {
  const { thread, processes } = await begin(["A", "B"]);
  const [a, b] = processes;
  await stage.writesUnaware(thread, "g");
  expect(await a.takes("PostgreSQL")).toBe("g");
  await stage.control.del(stage.keysOf(thread).log); // or nobody would ask PostgreSQL
  expect(await b.reads(await b.looks())).toBe("g");
  a.redis.hold("requests");
  await a.drafts("a1"); // no answer comes: it is committed
  await b.redisExecutes(); // replace(g)
  await a.tellsAll(); // the late draft, and the same again
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "g", "a1+g"], forks: [] });
});

test("atOnce: a draft is repeated when it is committed, and Redis does not have it any more", async () => {
  const { thread, processes } = await begin(["a flusher", "B", "C"]);
  const [flusher, b, c] = processes;
  // Patient enough to repeat the draft after all that follows, and to be answered.
  const a = await stage.process(thread, { ...exit, redisTimeoutMs: 1_500 });
  expect(await a.takes("cache")).toBe("o");
  a.redis.hold("replies");
  const draft = a.wants("a1");
  await a.untilAnswered(0);
  a.redis.hold("requests"); // the same again
  await flusher.flushes(await flusher.readsDrafts());
  await b.checkpointer.clearState(thread); // what follows stands on nothing
  await b.commits(await b.begins("w", "overwrite"));
  await b.tellsAll();
  await stage.control.del(stage.keysOf(thread).log);
  expect(await c.answers()).toBe("w");
  await c.reachesRedis();
  await until("the draft is repeated", () => a.redis.heldBytes("requests") > 0);
  await a.tellsAll();
  await draft.ended;
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "a1+o", "nothing", "w"], forks: [] });
});

/** G, which knows of no drafts, commits on what they stand on, and tells so; what it finds, it would flush, but PostgreSQL hears no more of it. */
async function risesOver(g: Process): Promise<void> {
  const write = await g.begins("g", "write");
  await g.redisExecutes(); // mark(g)
  await g.commits(write);
  g.postgres.hold("requests");
  await g.redisExecutes(); // advance(g)
}

test("advanceDrops, stampIsEnd: a foreign write gets the number of a draft", async () => {
  const { thread, processes } = await begin(["A"]);
  const [a] = processes;
  const g = await stage.process(thread);
  await a.drafts("a1");
  await risesOver(g);
  expect(await stage.isDirty(thread)).toBe(true);
  g.postgres.release();
  await g.tellsAll();
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "g+o"], forks: [["o", "a1+o"]] });
});

test("pastStamp, trustLonger: a foreign write gets the number of a draft that another one stands on", async () => {
  const { thread, processes } = await begin(["A", "B"]);
  const [a, b] = processes;
  const g = await stage.process(thread);
  await a.drafts("a1");
  await a.drafts("a2");
  await risesOver(g);
  expect(await b.answers()).toBe("g+o");
  expect(await a.answers()).toBe("g+o");
  expect(await stage.isDirty(thread)).toBe(true);
  g.postgres.release();
  await g.tellsAll();
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "g+o"], forks: [["o", "a1+o", "a1+a2+o"]] });
});

test("replaceDrops: a refused draft is in the log when another one needs its base there", async () => {
  const { thread, processes } = await begin(["A"]);
  const [a] = processes;
  const d = await stage.process(thread);
  a.redis.hold("replies");
  a.postgres.hold("requests");
  const draft = a.wants("a1"); // no answer comes: it is to be committed
  await a.untilPostgresIsAsked(draft);
  await stage.writesUnaware(thread, "g");
  a.postgres.release();
  await expect(draft.ended).rejects.toThrow(ConflictError);
  expect(await d.takes("PostgreSQL")).toBe("g");
  await d.drafts("a2");
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "g", "a2+g"], forks: [["o", "a1+o"]] });
});

test("headOnly: a flusher finds what it read behind the head", async () => {
  const { thread, processes } = await begin(["A", "a flusher"]);
  const [a, flusher] = processes;
  await a.drafts("a1");
  a.redis.hold("requests");
  await a.drafts("a2"); // no answer comes: both are committed
  await flusher.flushes(await flusher.readsDrafts());
  await a.tellsAll(); // the late draft, and the same again
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "a1+o", "a1+a2+o"], forks: [] });
});

test("noList: a flusher that saw fewer drafts comes after one that saw more", async () => {
  const { thread, processes } = await begin(["A", "a flusher", "another"]);
  const [a, flusher, another] = processes;
  await a.drafts("a1");
  const few = await flusher.readsDrafts();
  await a.drafts("a2");
  await another.flushes(await another.readsDrafts());
  await flusher.flushes(few);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "a1+o", "a1+a2+o"], forks: [] });
});

test("a write commits the drafts that it stands on, of which a flusher has committed some meanwhile", async () => {
  const { thread, processes } = await begin(["A", "a flusher"]);
  const [a, flusher] = processes;
  await a.drafts("a1");
  const write = await a.beginsOnDrafts("w");
  await flusher.flushes(await flusher.readsDrafts());
  await a.commits(write);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "a1+o", "a1+o+w"], forks: [] });
});

test("order: a draft comes while the one before it is committed", async () => {
  const { thread, processes } = await begin(["A", "a flusher", "B"]);
  const [a, flusher, b] = processes;
  await a.drafts("a1");
  const flush = await flusher.readsDrafts();
  await a.drafts("a2");
  await flusher.asksNext(); // what is behind o
  await flusher.asksNext(); // commit(a1)
  expect(await b.answers()).toBe("a1+a2+o");
  await flusher.flushes(flush);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "a1+o", "a1+a2+o"], forks: [] });
});

test("dirtyApart, dirtyChecked: a flusher finds no draft while one is on its way", async () => {
  const { thread, processes } = await begin(["A", "a flusher"]);
  const [a, flusher] = processes;
  a.redis.hold("requests");
  const draft = a.wants("a1");
  await flusher.flushes(await flusher.readsDrafts());
  await a.redisExecutes(); // draft(a1)
  await draft.ended;
  expect(await stage.isDirty(thread)).toBe(true);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "a1+o"], forks: [] });
});

test("dropKeeps: a draft comes after its thread was deleted", async () => {
  const { thread, processes } = await begin(["A"]);
  const [a] = processes;
  await (await stage.unaware()).deleteThread(thread);
  await a.drafts("a1");
  expect(await stage.isDirty(thread)).toBe(true);
  expect(await stage.flushed(thread)).toEqual({ history: [], forks: [] });
});
