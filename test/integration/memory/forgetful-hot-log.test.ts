import { expect, test } from "vitest";
import { ConflictError, MemoryColdStore, versionOf } from "../../../src/index.ts";
import { DistantStore, ForgetfulHotLog, planned, processOn } from "./layers.ts";

// What a process has drafted, it answers and keeps, whatever the hot log forgets.

const config = { threadId: "trip", userId: "alice" };

async function drafted() {
  const [store, hotLog] = [new MemoryColdStore(), new ForgetfulHotLog()];
  const agent = await processOn(store, hotLog, { durability: "exit" });
  const first = await agent.putState(config, planned("one"));
  const draft = await agent.putState(config, { ...first, plan: "drafted" });
  expect(versionOf(draft)).toBe(2);
  return { store, hotLog, agent, draft };
}

test("a head that was evicted takes no draft with it", async () => {
  const { hotLog, agent, draft } = await drafted();
  for (let read = 0; read < 3; read++) {
    hotLog.loseHead();
    expect(await agent.getStateCache(config)).toEqual(draft);
  }
  expect(await agent.getStateCache(config)).toEqual(draft);
});

test("an emptied log takes no draft from the process that made it: it is read, built on and committed", async () => {
  const { store, hotLog, agent, draft } = await drafted();
  hotLog.empty();
  expect(await agent.getStateCache(config)).toEqual(draft);
  const next = await agent.putState(config, { ...draft, plan: "built on it" });
  expect(versionOf(next)).toBe(3);
  await agent.release();
  const other = await processOn(store, new ForgetfulHotLog());
  expect(await other.getState(config)).toMatchObject({ plan: "built on it" });
  expect(await other.getState(config, { version: 2 })).toMatchObject({ plan: "drafted" });
});

test("an emptied log keeps no draft from being committed, whoever is asked first", async () => {
  const { store, hotLog, agent } = await drafted();
  hotLog.empty();
  expect(await agent.getState(config)).toMatchObject({ plan: "drafted" });
  await agent.release();
  const other = await processOn(store, new ForgetfulHotLog());
  expect(await other.getState(config)).toMatchObject({ plan: "drafted" });
});

test("a thread that was made again while the hot log heard nothing is drafted on like any other", async () => {
  const { store, hotLog, agent } = await drafted();
  const other = await processOn(store, hotLog);
  await other.deleteThread(config);
  hotLog.isDeaf = true;
  await other.putState(config, planned("anew"));
  hotLog.isDeaf = false;
  const anew = (await agent.getState(config)) ?? planned("missing");
  const next = await agent.putState(config, { ...anew, plan: "drafted on it" });
  expect(versionOf(next)).toBe(2);
  expect(await agent.getStateCache(config)).toEqual(next);
  await agent.release();
  expect(await other.getState(config)).toMatchObject({ plan: "drafted on it" });
});

test("a log that has lost a draft, and is trusted again, takes nothing from the process that made it", async () => {
  const { store, hotLog, agent, draft } = await drafted();
  hotLog.empty();
  const other = await processOn(store, hotLog);
  expect(await other.getStateCache(config)).toMatchObject({ plan: "one" });
  expect(await agent.getStateCache(config)).toEqual(draft);
  expect(await agent.getStateCache(config)).toEqual(draft);
  await agent.release();
  expect(await other.getState(config)).toMatchObject({ plan: "drafted" });
});

test("a commit whose answer comes late takes no draft that was made on it meanwhile", async () => {
  const [store, hotLog] = [new DistantStore(), new ForgetfulHotLog()];
  const agent = await processOn(store, hotLog);
  const first = await agent.putState(config, planned("one"));
  const letGo = store.holdNextCommit();
  const late = agent.putState(config, { ...first, plan: "two" });
  await new Promise((resolve) => setImmediate(resolve));
  const second = (await agent.getState(config)) ?? planned("missing");
  expect(second).toMatchObject({ plan: "two" });
  const draft = await agent.putState(config, { ...second, plan: "drafted" }, { durability: "exit" });
  letGo();
  await late;
  hotLog.isMute = true;
  expect(await agent.getStateCache(config)).toEqual(draft);
});

test("a draft that is refused takes nothing from the one of the same process that was faster", async () => {
  const [store, hotLog] = [new MemoryColdStore(), new ForgetfulHotLog()];
  const agent = await processOn(store, hotLog, { durability: "exit" });
  const first = await agent.putState(config, planned("one"));
  const answer = hotLog.draft;
  hotLog.draft = async (...values) => {
    const outcome = await answer(...values);
    // Else the hot log would be asked who was faster, and what it has be held again.
    if (outcome === "conflict") hotLog.isMute = true;
    return outcome;
  };
  const faster = agent.putState(config, { ...first, plan: "faster" });
  await expect(agent.putState(config, { ...first, plan: "slower" })).rejects.toThrow(ConflictError);
  expect(hotLog.isMute).toBe(true);
  expect(await agent.getStateCache(config)).toEqual(await faster);
});

test("an update whose draft was given up, and is in the hot log, is not made again upon that draft", async () => {
  const [store, hotLog] = [new MemoryColdStore(), new ForgetfulHotLog()];
  const agent = await processOn(store, hotLog, { durability: "exit" });
  await agent.putState(config, planned("one"));
  const other = await processOn(store, new ForgetfulHotLog());
  await other.putState(config, planned("two"));
  const draft = hotLog.draft;
  let lost = 0;
  hotLog.draft = async (...values) => {
    const outcome = await draft(...values);
    if (++lost <= 2) throw new Error("the answer is lost");
    return outcome;
  };
  const updated = await agent.updateState(config, (state) => planned(`${state?.plan} and more`));
  expect(lost).toBeGreaterThanOrEqual(2);
  expect(updated?.plan).toBe("two and more");
  expect(await agent.getState(config)).toMatchObject({ plan: "two and more" });
});
