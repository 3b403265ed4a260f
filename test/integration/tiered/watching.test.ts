import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createState, type WatchEvent } from "../../../src/index.ts";
import { startRedisServer } from "../../servers/redis.ts";
import { startTcpProxy } from "../../servers/tcp-proxy.ts";
import { eventually, type Fields, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);

test("a watch that began while the cache was away gets hints when it is back, and leaves no subscription", async () => {
  const server = await startRedisServer();
  const link = await startTcpProxy(server.url);
  onTestFinished(async () => {
    link.close();
    await server.stop();
  });
  const control = new Redis(server.url);
  onTestFinished(() => control.disconnect());
  link.blackHole();
  const [watcher, writer] = [await tiers.cached({ redisUrl: link.url }), await tiers.plain()];
  const config = { threadId: "away", userId: "ada" };
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  const watching = (async (): Promise<void> => {
    for await (const event of watcher.watch(config, { pollMs: 20, signal: abort.signal })) events.push(event);
  })();
  const channels = async (): Promise<number> => (await control.pubsub("CHANNELS", "*:log")).length;
  await eventually(async () => {
    if (events.length === 0) await writer.putState(config, createState<Fields>({ n: 1 }));
    return events.length > 0;
  });
  expect(await channels()).toBe(0);
  await link.accept();
  await eventually(async () => (await channels()) === 1);
  abort.abort();
  await watching;
  await eventually(async () => (await channels()) === 0);
});
