import { expect, test } from "vitest";
import { MemoryHotLog } from "../../../src/index.ts";
import { DistantStore, ForgetfulHotLog, planned, processOn } from "./layers.ts";

// Within a process nothing goes back in time, in whatever order the answers of the store arrive.

const config = { threadId: "trip", userId: "alice" };

test("what getState has shown, a copy that is answered without asking does not take back", async () => {
  const [store, hotLog] = [new DistantStore(), new MemoryHotLog()];
  const [reader, writer] = [await processOn(store, hotLog, { nearTtlMs: 60_000 }), await processOn(store, hotLog)];
  await writer.putState(config, planned("one"));
  expect(await reader.getStateCache(config)).toMatchObject({ plan: "one" });
  await writer.putState(config, planned("two"));
  expect(await reader.getState(config)).toMatchObject({ plan: "two" });
  expect(await reader.getStateCache(config)).toMatchObject({ plan: "two" });
});

test("a read that was overtaken by an own write leaves no older copy to be answered without asking", async () => {
  const [store, hotLog] = [new DistantStore(), new MemoryHotLog()];
  const other = await processOn(store, hotLog);
  await other.putState(config, planned("one"));
  const process = await processOn(store, hotLog, { nearTtlMs: 60_000, maxAgeMs: 0 });
  const letGo = store.holdNextAnswer();
  const overtaken = process.getStateCache(config);
  await process.putState(config, planned("mine"));
  letGo();
  expect((await overtaken)?.plan).toMatch(/one|mine/);
  expect(await process.getStateCache(config)).toMatchObject({ plan: "mine" });
});

test("a read that was overtaken is no sign that the store has lost something, and its process still reads what it wrote", async () => {
  const [store, hotLog] = [new DistantStore(), new ForgetfulHotLog()];
  const other = await processOn(store, hotLog);
  await other.putState(config, planned("one"));
  const process = await processOn(store, hotLog);
  await hotLog.mark({ threadId: "trip", namespace: "" }, "a writer that died", Number(hotLog.past(key)?.atMs) + 60_000);
  const letGo = store.holdNextAnswer();
  const overtaken = process.getStateCache(config);
  await new Promise((resolve) => setImmediate(resolve));
  hotLog.isDeaf = true;
  await process.putState(config, planned("mine"));
  hotLog.isDeaf = false;
  letGo();
  await overtaken;
  expect((await process.health()).hotLayer?.rollbackCount).toBe(0);
  expect(await process.getStateCache(config)).toMatchObject({ plan: "mine" });
});

const key = { threadId: "trip", namespace: "" };
