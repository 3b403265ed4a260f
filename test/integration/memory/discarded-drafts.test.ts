import { expect, test } from "vitest";
import { MemoryColdStore, versionOf } from "../../../src/index.ts";
import type { EngineCheckpointer } from "../../../src/index.ts";
import type { HotNews } from "../../../src/hot/hot-log.ts";
import { type Fields, ForgetfulHotLog, planned, processOn } from "./layers.ts";

// A log with drafts may hold versions that are committed, without the hot log having been told. When it is given up, because somebody was faster
// than what stands behind them, whoever has answered them must not fall back on the stamp.

const config = { threadId: "t", userId: "ada" };

interface Reader {
  readonly hotLog: ForgetfulHotLog;
  readonly reader: EngineCheckpointer<Fields>;
  /** What the hot log might have been told before the drafts came. */
  readonly early: HotNews;
}

/** A process that has answered version 2 as a draft, which is committed by now, and whose own draft behind it was given up. */
async function readerOfGivenUp(): Promise<Reader> {
  const [store, hotLog] = [new MemoryColdStore(), new ForgetfulHotLog()];
  const agent = await processOn(store, hotLog, { durability: "exit" });
  const reader = await processOn(store, hotLog, { durability: "exit" });
  const flusher = await processOn(store, hotLog, { durability: "exit" });
  const away = await processOn(store, new ForgetfulHotLog());
  const first = await agent.putState(config, planned("one"));
  const { head, at } = await hotLog.read({ threadId: "t", namespace: "" }, null, 0);
  if (head === null) throw new Error("the hot log was not told");
  const second = await agent.putState(config, { ...first, plan: "drafted" });
  expect((await reader.getStateCache(config))?.plan).toBe("drafted");
  hotLog.isDeaf = true;
  await agent.getState(config);
  hotLog.isDeaf = false;
  expect((await away.getState(config))?.plan).toBe("drafted");
  await reader.putState(config, { ...second, plan: "behind it" });
  await away.updateState(config, () => planned("faster"));
  // Somebody else gives the log up; the reader finds it gone, and its own draft saved.
  await flusher.getState(config);
  await reader.getState(config, { version: 1 });
  const early = { stamp: head.stamp, owner: head.owner, entries: [], after: null, since: at, seen: null };
  return { hotLog, reader, early };
}

test("who has answered a draft that is committed by now does not go back when what stands behind it is given up", async () => {
  const { reader } = await readerOfGivenUp();
  const state = await reader.getStateCache(config);
  expect([state?.plan, versionOf(state ?? {})]).toEqual(["faster", 3]);
});

test("nor when somebody tells late what was the head before it", async () => {
  const { hotLog, reader, early } = await readerOfGivenUp();
  await hotLog.tell({ threadId: "t", namespace: "" }, early);
  expect((await hotLog.read({ threadId: "t", namespace: "" }, early.stamp, 60_000)).current).toBe(true);
  const state = await reader.getStateCache(config);
  expect([state?.plan, versionOf(state ?? {})]).toEqual(["faster", 3]);
});
