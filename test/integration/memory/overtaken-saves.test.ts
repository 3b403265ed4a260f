import { expect, test } from "vitest";
import { MemoryColdStore } from "../../../src/index.ts";
import { DistantStore, ForgetfulHotLog, planned, processOn } from "./layers.ts";

const config = { threadId: "t", userId: "ada" };

/** A store in which somebody is faster than the next fork. */
class OvertakenStore extends MemoryColdStore {
  beforeNextFork: (() => Promise<void>) | undefined;

  override async forkThread(
    ...values: Parameters<MemoryColdStore["forkThread"]>
  ): ReturnType<MemoryColdStore["forkThread"]> {
    const before = this.beforeNextFork;
    this.beforeNextFork = undefined;
    await before?.();
    return await super.forkThread(...values);
  }
}

test("drafts of a thread that is deleted and made anew while they are saved are not put behind the new one", async () => {
  const [store, hotLog] = [new OvertakenStore(), new ForgetfulHotLog()];
  const [agent, other] = [await processOn(store, hotLog), await processOn(store, new ForgetfulHotLog())];
  const first = await agent.putState(config, planned("one"));
  await agent.putState(config, { ...first, plan: "drafted" }, { durability: "exit" });
  await other.updateState(config, () => planned("faster"));
  store.beforeNextFork = async () => {
    await other.deleteThread(config);
    await other.putState(config, planned("anew"));
  };
  await agent.release();
  expect(store.beforeNextFork).toBeUndefined();
  expect((await other.listThreads()).map(({ threadId }) => threadId)).toEqual(["t"]);
  expect(await other.getState(config)).toMatchObject({ plan: "anew" });
});

test("what is drafted while drafts that were given up are saved stays with its process", async () => {
  const [store, hotLog] = [new OvertakenStore(), new ForgetfulHotLog()];
  const agent = await processOn(store, hotLog, { durability: "exit" });
  const other = await processOn(store, new ForgetfulHotLog());
  const first = await agent.putState(config, planned("one"));
  await agent.putState(config, { ...first, plan: "drafted" });
  await other.updateState(config, () => planned("faster"));
  hotLog.empty();
  store.beforeNextFork = async () => {
    const faster = (await agent.getStateCache(config)) ?? planned("missing");
    expect(faster.plan).toBe("faster");
    await agent.putState(config, { ...faster, plan: "drafted on it" });
  };
  await agent.getState(config, { version: 1 });
  expect(store.beforeNextFork).toBeUndefined();
  hotLog.isDeaf = hotLog.isMute = true;
  expect(await agent.getStateCache(config)).toMatchObject({ plan: "drafted on it" });
  expect(await agent.getState(config)).toMatchObject({ plan: "drafted on it" });
});

test("what is drafted while an overwriting write learns that somebody was faster is not passed over", async () => {
  const [store, hotLog] = [new DistantStore(), new ForgetfulHotLog()];
  const agent = await processOn(store, hotLog, { durability: "exit" });
  const other = await processOn(store, new ForgetfulHotLog());
  const answer = store.holdNextAnswer();
  const overwriting = agent.putState(config, planned("over it"));
  await turnsOfTheLoop();
  await other.putState(config, planned("faster"));
  answer();
  const refuse = store.holdNextAnswer();
  await turnsOfTheLoop();
  const faster = (await agent.getStateCache(config)) ?? planned("missing");
  expect(faster.plan).toBe("faster");
  await agent.putState(config, { ...faster, plan: "drafted on it" });
  hotLog.isDeaf = hotLog.isMute = true;
  refuse();
  await overwriting;
  expect(await other.getState(config, { version: 2 })).toMatchObject({ plan: "drafted on it" });
  expect(await other.getState(config)).toMatchObject({ plan: "over it" });
});

async function turnsOfTheLoop(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
