import { expect, onTestFinished, test } from "vitest";
import { createState, versionOf } from "../../../src/index.ts";
import { startTcpProxy } from "../../servers/tcp-proxy.ts";
import { type Fields, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);

test("what a process has drafted itself it reads back, also while the cache does not answer", async () => {
  const link = await startTcpProxy(tiers.cacheUrl);
  onTestFinished(() => link.close());
  const agent = await tiers.cached({ redisUrl: link.url, redisTimeoutMs: 200 });
  const config = { threadId: "own", userId: "alice" };
  const first = await agent.putState(config, createState<Fields>({ plan: "first" }));
  // Held until its run ends, so that nobody commits it meanwhile.
  const second = await agent.putState(config, { ...first, plan: "second" }, { durability: "exit" });
  expect(versionOf(second)).toBe(2);

  link.blackHole();
  expect(await agent.getStateCache(config)).toEqual(second);
  link.cut();
  link.refuse();
  expect(await agent.getStateCache(config)).toEqual(second);
  const other = await tiers.plain();
  await other.putState(config, createState<Fields>({ plan: "somebody else's" }));
  expect(await agent.getStateCache(config)).toMatchObject({ plan: "somebody else's" });
});
