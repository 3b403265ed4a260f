import { expect, test } from "vitest";
import { AccessDeniedError, type AgentState, createState, versionToken } from "../../../src/index.ts";
import { eventually, type Fields, Tiers } from "./tiers.ts";

const tiers = new Tiers(import.meta.url);
const secret = (n: number): AgentState<Fields> => createState<Fields>({ secret: "of the owner", n });

test("the cache shows nobody another user's thread, however the reader came to it", async () => {
  const config = { threadId: "owned", userId: "ada" };
  const stranger = { ...config, userId: "bob" };
  const owner = await tiers.cached();
  const put = await owner.putState(config, secret(1));
  await owner.putStateCache(config, secret(2));
  const atLeast = versionToken(put);
  const fresh = await tiers.cached();
  const warmed = await tiers.cached();
  await warmed.warmCache();
  for (const reader of [owner, fresh, warmed]) {
    expect(await reader.getStateCache(stranger)).toBeNull();
    expect(await reader.getStateCache(stranger, { atLeast })).toBeNull();
    expect((await reader.getStateCache(config))?.["secret"]).toBe("of the owner");
    expect(await reader.getStateCache(stranger)).toBeNull();
    await expect(reader.putStateCache(stranger, secret(3))).rejects.toThrow(AccessDeniedError);
    await expect(reader.putStateCache(stranger, put)).rejects.toThrow(AccessDeniedError);
  }
  expect((await fresh.getStateCache(config))?.["n"]).toBe(2);
});

test("who may see a thread is told by its newest life, also where another process made that", async () => {
  const ada = { threadId: "inherited", userId: "ada" };
  const bob = { ...ada, userId: "bob" };
  const reader = await tiers.cached({ maxStalenessMs: 0 });
  const writer = await tiers.cached();
  const unaware = await tiers.plain();
  for (const one of [writer, unaware]) {
    await one.putState(ada, secret(1));
    expect((await reader.getStateCache(ada))?.["n"]).toBe(1);
    await one.deleteThread(ada);
    await one.putState(bob, secret(2));
    expect(await reader.getStateCache(ada)).toBeNull();
    expect((await reader.getStateCache(bob))?.["n"]).toBe(2);
    await one.deleteThread(bob);
  }
});

test("a user whose id is a number is not the one whose id is its text", async () => {
  const config = { threadId: "numbered", userId: 7 };
  const numbers = await tiers.cached({ userIdType: "int", tablePrefix: "numbers_" });
  const other = await tiers.cached({ userIdType: "int", tablePrefix: "numbers_" });
  await numbers.putState(config, secret(1));
  expect((await other.getStateCache(config))?.["n"]).toBe(1);
  expect(await other.getStateCache({ ...config, userId: 77 })).toBeNull();
});

test("without a user the application sees what is cached, and what it writes stays the owner's", async () => {
  const config = { threadId: "application", userId: "ada" };
  const [one, other] = [await tiers.cached(), await tiers.cached()];
  await one.putState(config, secret(1));
  const application = { threadId: config.threadId };
  const state = (await other.getStateCache(application)) as AgentState<Fields>;
  await other.putState(application, Object.assign(state, { n: 2 }));
  await eventually(async () => (await one.getStateCache(config))?.["n"] === 2);
  await other.putState(application, secret(3));
  expect((await one.getStateCache(config))?.["n"]).toBe(3);
  expect(await one.getStateCache({ ...config, userId: "bob" })).toBeNull();
  expect((await (await tiers.cached()).getStateCache(config))?.["n"]).toBe(3);
});
