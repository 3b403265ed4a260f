import { expect, test } from "vitest";
import { type AgentState, ConflictError, createState, versionOf } from "../../../src/index.ts";
import { eventually, type Fields, reported, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);
const stateAt = (n: unknown): AgentState<Fields> => createState<Fields>({ n });

/** PostgreSQL loses what it has acknowledged: all versions of a thread beyond one, as a failover to a lagging replica, or a restore, does. */
async function loseBeyond(threadId: string, version: number): Promise<void> {
  await tiers.rows("delete from {{states}} where thread_id = $1 and version > $2", [threadId, version]);
}

test("is reported by whoever finds it, and what is left is served", async () => {
  const config = { threadId: "lost-tail", userId: "ada" };
  const rollbacks = reported("rollback");
  const writer = await tiers.cached();
  const reader = await tiers.cached({ maxStalenessMs: 0 });
  for (const n of [1, 2, 3, 4]) await writer.putState(config, stateAt(n));
  expect((await reader.getStateCache(config))?.["n"]).toBe(4);
  await loseBeyond(config.threadId, 2);

  const read = (await reader.getStateCache(config)) as AgentState<Fields>;
  expect([read["n"], versionOf(read)]).toEqual([2, 2]);
  expect(rollbacks).toEqual([{ event: "rollback", threadId: config.threadId }]);
  expect((await reader.health()).hotLayer?.rollbackCount).toBe(1);
  // The cache is told, so others see it, too.
  await eventually(async () => (await (await tiers.cached()).getStateCache(config))?.["n"] === 2);
  for (let time = 0; time < 3; time++) expect((await reader.getStateCache(config))?.["n"]).toBe(2);
  expect((await reader.health()).hotLayer?.rollbackCount).toBe(1);
});

test("is followed by writes on what is left, under numbers that were there before", async () => {
  const config = { threadId: "forked-history", userId: "ada" };
  const writer = await tiers.cached();
  const reader = await tiers.cached({ maxStalenessMs: 0 });
  for (const n of [1, 2, 3]) await writer.putState(config, stateAt(n));
  const lost = (await reader.getStateCache(config)) as AgentState<Fields>;
  await loseBeyond(config.threadId, 1);
  const other = await tiers.plain();
  for (const n of ["2 again", "3 again"]) await other.putState(config, stateAt(n));
  const read = (await reader.getStateCache(config)) as AgentState<Fields>;
  expect([read["n"], versionOf(read)]).toEqual(["3 again", 3]);
  expect((await reader.health()).hotLayer?.rollbackCount).toBe(1);
  await expect(reader.putState(config, lost)).rejects.toThrow(ConflictError);
  await writer.putState(config, stateAt(4));
  for (const one of [reader, await tiers.cached()]) expect((await one.getStateCache(config))?.["n"]).toBe(4);
});

test("of a whole thread is seen as well", async () => {
  const config = { threadId: "lost-thread", userId: "ada" };
  const rollbacks = reported("rollback");
  const writer = await tiers.cached();
  const reader = await tiers.cached({ maxStalenessMs: 0 });
  await writer.putState(config, stateAt(1));
  expect((await reader.getStateCache(config))?.["n"]).toBe(1);
  await tiers.rows("delete from {{states}} where thread_id = $1", [config.threadId]);
  await tiers.rows("delete from {{threads}} where thread_id = $1", [config.threadId]);
  expect(await reader.getStateCache(config)).toBeNull();
  expect(rollbacks).toHaveLength(1);
  expect(await reader.getStateCache(config)).toBeNull();
  await writer.putState(config, stateAt("anew"));
  for (const one of [reader, await tiers.cached()]) expect((await one.getStateCache(config))?.["n"]).toBe("anew");
});
