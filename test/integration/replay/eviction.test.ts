import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { until } from "./process.ts";
import { Stage } from "./stage.ts";

const stage = new Stage(import.meta.url, {
  configuration: { "maxmemory-policy": "volatile-ttl", maxmemory: "8mb", "maxmemory-samples": "64" },
});

/** Puts something in that may stay for a year. */
async function fill(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await stage.control.set(`filling:${randomUUID()}`, "x".repeat(100_000), "EX", 31_536_000);
  }
}

test("evictDrafts: Redis is full, and evicts what would go first", async () => {
  const thread = await stage.thread();
  const a = await stage.process(thread, { durability: "exit" });
  expect(await a.takes("cache")).toBe("o");
  await a.reachesRedis();
  await a.drafts("a1");
  const { head } = stage.keysOf(thread);
  await until("the head is evicted", async () => {
    await fill(1);
    return (await stage.control.exists(head)) === 0;
  });
  await fill(100);
  expect(await stage.isDirty(thread)).toBe(true);
  expect(await stage.flushed(thread)).toEqual({ history: ["o", "a1+o"], forks: [] });
});
