import { expect, test } from "vitest";
import { StorageUnavailableError } from "../../../src/index.ts";
import { until } from "./process.ts";
import { Stage } from "./stage.ts";

const stage = new Stage(import.meta.url);

test("a draft is saved as a thread of its own, and the statement that brings it there is lost", async () => {
  const thread = await stage.thread();
  const [a, flusher] = await stage.processes(thread, ["A", "a flusher"], { durability: "exit" });
  expect(await a.takes("cache")).toBe("o");
  await a.drafts("a1");
  await stage.writesUnaware(thread, "w2");
  const unaware = await stage.unaware();
  const flush = await flusher.readsDrafts();
  await until("the thread is copied", async () => {
    await flusher.asksNext();
    return (await unaware.listThreads({ userId: thread.userId })).length === 2;
  });
  await flusher.asksNext(); // what the copy's newest version is
  flusher.postgres.cut();
  await flusher.flushes(flush);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "w2"], forks: [["o", "a1+o"]] });
});

test("who saves a draft dies before he brings it to its thread, and Redis is emptied", async () => {
  const thread = await stage.thread();
  const [a, flusher] = await stage.processes(thread, ["A", "a flusher"], { durability: "exit" });
  expect(await a.takes("cache")).toBe("o");
  await a.drafts("a1");
  await stage.writesUnaware(thread, "w2");
  const unaware = await stage.unaware();
  const flush = await flusher.readsDrafts();
  await until("the thread is copied", async () => {
    await flusher.asksNext();
    return (await unaware.listThreads({ userId: thread.userId })).length === 2;
  });
  flusher.dies();
  await expect(flush.ended).rejects.toThrow(StorageUnavailableError);
  const { log, head, dirty } = stage.keysOf(thread);
  await stage.control.del(log, head, dirty);
  expect(await a.takes("PostgreSQL")).toBe("w2"); // its own drafts are saved before
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "w2"], forks: [["o", "a1+o"]] });
});
