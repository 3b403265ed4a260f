import { expect, test } from "vitest";
import { MemoryColdStore } from "../../../src/index.ts";
import { ForgetfulHotLog, planned, processOn } from "./layers.ts";

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
