import { Redis } from "ioredis";
import { expect, test, vi } from "vitest";
import type { HotEvent, HotEventName } from "../../../src/index.ts";
import { spoil } from "../redis/spoil-log.ts";
import { eventually } from "../tiered/tiers.ts";
import { type Checkpointer, Ground, type Owned } from "./ground.ts";
import { Heard } from "./heard.ts";
import { content, contents, holding } from "./planted.ts";
import { leaksIn } from "./shown.ts";
import { foreignTags } from "./wrong-input.ts";

const ground = new Ground(import.meta.url);
const heard = new Heard();

// A cache that fails is no caller's error: what went wrong is told by events, counts and warnings alone.

function toldOf(name: HotEventName, { threadId }: Owned): HotEvent[] {
  const events = heard.events.filter(({ channel }) => channel === `agenity:hot:${name}`);
  return events.map(({ event }) => event as HotEvent).filter((event) => event.threadId === threadId);
}

/** Reads and writes as with any cache, and nothing shows. */
async function expectService(checkpointer: Checkpointer, config: Owned): Promise<void> {
  expect((await checkpointer.getStateCache(config))?.["value"]).toBe(content.value);
  await checkpointer.putStateCache(config, holding({ again: content.value }), { onConflict: "overwrite" });
  await checkpointer.putState(config, holding(), { onConflict: "overwrite" });
  for (const shown of [checkpointer, await checkpointer.health(), await checkpointer.stats()]) {
    expect(leaksIn(shown, [...ground.passwords, ...contents])).toEqual([]);
  }
}

/** The key of a thread's log, as soon as it is there: what was committed is told to Redis afterwards. */
async function logOf(redis: Redis, { threadId }: Owned): Promise<string> {
  return await vi.waitFor(async () => {
    const [log] = await redis.keys(`*}:${threadId}::log`);
    if (log === undefined) throw new Error("there is none yet");
    return log;
  });
}

test("a password that Redis refuses", async () => {
  const password = `${ground.cachePassword} not`;
  const checkpointer = ground.open({ redisUrl: ground.redisUrl(password), redisTimeoutMs: 500 });
  await checkpointer.setup();
  const config = await ground.filled(checkpointer);
  await expectService(checkpointer, config);
  expect(toldOf("failure", config)).toContainEqual(expect.objectContaining({ error: "RedisError" }));
  expect((await checkpointer.health()).hotLayer?.failureCount).toBeGreaterThan(0);
});

test("a user who may not ask Redis for its settings: a warning", async () => {
  const control = new Redis(ground.redisUrl());
  await control.call(
    "ACL",
    "SETUSER",
    "limited",
    "on",
    `>${ground.cachePassword}`,
    "~*",
    "&*",
    "+@all",
    "-config",
    "-info",
  );
  control.disconnect();
  const redisUrl = ground.redisUrl().replace("//:", "//limited:");
  const checkpointer = ground.open({ redisUrl, durability: "async" });
  await checkpointer.setup();
  await expectService(checkpointer, await ground.filled(checkpointer));
  await eventually(async () => heard.warnings.some((warning) => warning.includes("AGENITY_EVICTION_UNKNOWN")));
});

test("entries in Redis that are none of ours", async () => {
  const control = new Redis(ground.redisUrl());
  const writer = ground.open();
  for (const tag of foreignTags(content.value)) {
    const config = await ground.filled(writer);
    const body = JSON.stringify({ context: [], value: tag });
    for (const spoilt of [body, JSON.stringify(content.value), `{${content.value}`]) {
      await spoil(control, await logOf(control, config), spoilt);
      await expectService(ground.open(), config);
    }
    expect(toldOf("damaged", config).length).toBeGreaterThan(0);
  }
  control.disconnect();
});

test("drafts that lose against what the database has", async () => {
  const drafter = ground.open({ durability: "exit" });
  const config = await ground.filled(drafter);
  await drafter.putStateCache(config, holding({ drafted: content.value }), { onConflict: "overwrite" });
  const other = ground.open({ redisUrl: undefined });
  await other.putState(config, holding({ faster: content.value }), { onConflict: "overwrite" });
  await drafter.release();
  expect(toldOf("draftConflict", config)).toHaveLength(1);
});

test("a server that is gone", async () => {
  const checkpointer = ground.open({ redisTimeoutMs: 500 });
  const config = await ground.filled(checkpointer);
  await ground.cache.kill();
  await expectService(checkpointer, config);
  expect(toldOf("failure", config).length).toBeGreaterThan(0);
});

test("what was published and warned of meanwhile holds nothing that is secret, and nothing was printed", () => {
  expect(heard.events.length).toBeGreaterThan(100);
  expect(heard.warnings.length).toBeGreaterThan(0);
  expect(leaksIn([heard.events, heard.warnings], [...ground.passwords, ...contents])).toEqual([]);
  expect(heard.printed).toEqual([]);
});
