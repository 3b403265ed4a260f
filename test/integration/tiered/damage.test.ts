import { expect, test } from "vitest";
import { createState } from "../../../src/index.ts";
import { spoil } from "../redis/spoil-log.ts";
import { eventually, type Fields, reported, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);

/** What may have become of a log, or of its head, by what it is. */
const damages: Readonly<Record<string, (log: string, head: string) => Promise<unknown>>> = {
  "a body that is no JSON": (log) => spoil(tiers.redis, log, "{ broken"),
  "a body that is another kind of JSON": (log) => spoil(tiers.redis, log, '{"set":7,"splice":"x"}'),
  "entries of somebody else": async (log) => {
    await tiers.redis.del(log);
    await tiers.redis.xadd(log, "3-0", "their", "own");
  },
  "a log that is no stream": async (log) => {
    await tiers.redis.del(log);
    await tiers.redis.set(log, "text");
  },
  "a head that is no hash": async (_log, head) => {
    await tiers.redis.del(head);
    await tiers.redis.set(head, "text");
  },
  "a head whose numbers are none": (_log, head) => tiers.redis.hset(head, { v: "NaN", l: "?" }),
};

test.each(Object.keys(damages))("%s: dropped and reported, and the read is right", async (what) => {
  const config = { threadId: what.replaceAll(/\W/g, "-"), userId: "ada" };
  const damaged = reported("damaged");
  const writer = await tiers.cached();
  for (const n of [1, 2, 3]) await writer.putState(config, createState<Fields>({ n }));
  const [log, head] = await Promise.all(([":log", ":head"] as const).map((end) => tiers.keysOf(config.threadId, end)));
  await damages[what]?.(String(log?.[0]), String(head?.[0]));

  const reader = await tiers.cached();
  expect((await reader.getStateCache(config))?.["n"]).toBe(3);
  expect(damaged).toMatchObject([{ event: "damaged", threadId: config.threadId }]);
  expect((await reader.health()).hotLayer).toMatchObject({ damagedCount: 1, isOpen: true });

  // Whoever reads next brings it to its place again, and it serves others.
  expect((await reader.getStateCache(config))?.["n"]).toBe(3);
  await eventually(async () => (await tiers.redis.exists(String(log?.[0]), String(head?.[0]))) === 2);
  expect((await (await tiers.cached()).getStateCache(config))?.["n"]).toBe(3);
  await writer.putState(config, createState<Fields>({ n: 4 }));
  for (const one of [reader, writer]) expect((await one.getStateCache(config))?.["n"]).toBe(4);
  expect(damaged).toHaveLength(1);
});
