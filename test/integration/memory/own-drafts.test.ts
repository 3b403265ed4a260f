import { expect, test } from "vitest";
import { MemoryColdStore, MemoryHotLog, versionOf } from "../../../src/index.ts";
import { ForgetfulHotLog, planned, processOn } from "./layers.ts";

// What a process has drafted is brought to the store by itself, before it does anything else with the thread, and disturbs nobody.

const config = { threadId: "trip", userId: "alice" };

test("the drafts of a run that has ended do not end the stop of the next one", async () => {
  const agent = await processOn(new MemoryColdStore(), new MemoryHotLog(), { durability: "async" });
  const [first, second] = [
    { ...config, runId: "first" },
    { ...config, runId: "second" },
  ];
  let state = await agent.putState(first, planned("one"));
  state = await agent.putState(first, { ...state, plan: "two" });
  await agent.putState(first, { ...state, plan: "three" });
  await agent.beginRun(second);
  await agent.requestStop(second);
  expect((await agent.getState(config))?.plan).toBe("three");
  expect(await agent.stopRequested(second)).toBe(true);
  expect((await agent.getThread(config))?.runId).toBe("second");
});

test("the first draft of a run begins it", async () => {
  const agent = await processOn(new MemoryColdStore(), new MemoryHotLog(), { durability: "async" });
  const state = await agent.putState({ ...config, runId: "first" }, planned("one"));
  await agent.requestStop(config);
  await agent.putState({ ...config, runId: "second" }, { ...state, plan: "two" });
  expect(await agent.stopRequested(config)).toBe(false);
  expect((await agent.getThread(config))?.runId).toBe("second");
});

test("a fork has the drafts of all namespaces", async () => {
  const agent = await processOn(new MemoryColdStore(), new MemoryHotLog(), { durability: "exit" });
  await agent.putState(config, planned("whole"));
  const part = { ...config, namespace: "part" };
  const state = await agent.putState(part, planned("one"));
  await agent.putState(part, { ...state, plan: "drafted" });
  await agent.forkThread(config, { threadId: "copy" });
  expect(await agent.getState({ ...part, threadId: "copy" })).toMatchObject({ plan: "drafted" });
});

test("who overwrites while the hot log is away writes behind the drafts of his own process", async () => {
  const store = new MemoryColdStore();
  const hotLog = new ForgetfulHotLog();
  const agent = await processOn(store, hotLog, { durability: "exit" });
  const state = await agent.putState(config, planned("one"));
  await agent.putState(config, { ...state, plan: "drafted" });
  hotLog.isDeaf = hotLog.isMute = true;
  // As many failures as it takes to be left alone.
  for (let read = 0; read < 5; read++) await agent.getStateCache(config);
  const written = await agent.putState(config, planned("over it"));
  expect(versionOf(written)).toBe(3);
  const other = await processOn(store, new MemoryHotLog());
  expect(await other.getState(config, { version: 2 })).toMatchObject({ plan: "drafted" });
  expect(await other.getState(config)).toMatchObject({ plan: "over it" });
});
