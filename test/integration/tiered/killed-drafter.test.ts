import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { versionOf } from "../../../src/index.ts";
import { eventually, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);
const program = fileURLToPath(new URL("drafting-process.ts", import.meta.url));

/** Lets a process draft, and kills it as soon as it says that it has. */
async function draftAndDie(config: { threadId: string; userId: string }, durability: string): Promise<void> {
  const { databaseUrl, cacheUrl, schema, keyPrefix } = tiers;
  const values = [databaseUrl, cacheUrl, schema, keyPrefix, config.threadId, config.userId, durability];
  const child = spawn(process.execPath, ["--import", "tsx", program, ...values], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), ended]);
  expect(child.exitCode).toBeNull();
  child.kill("SIGKILL");
  await ended;
}

test.concurrent.each(["async", "exit"])(
  "drafts (%s) survive the kill -9 of their writer, and another process commits them",
  async (durability) => {
    const config = { threadId: `killed-${durability}`, userId: `ada-${durability}` };
    await tiers.plain();
    await draftAndDie(config, durability);
    // Whoever reads through the cache has them at once.
    const reader = await tiers.cached();
    const read = await reader.getStateCache(config);
    expect([read?.["n"], versionOf(read as object)]).toEqual([20, 20]);
    // Whoever is alive commits them by itself.
    const unaware = await tiers.plain();
    await eventually(async () => (await unaware.getState(config))?.["n"] === 20);
    const history = await unaware.listStates(config);
    expect(history.map((info) => info.version)).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
    expect(history.map((info) => info.metadata)).toEqual([
      ...Array.from({ length: 19 }, (_, index) => ({ draft: 20 - index })),
      {},
    ]);
    expect((await unaware.getState(config, { version: 7 }))?.["n"]).toBe(7);
    expect(await unaware.listThreads({ userId: config.userId })).toHaveLength(1);
    await eventually(async () => (await tiers.redis.keys(`${tiers.keyPrefix}*:dirty`)).length === 0);
  },
);
