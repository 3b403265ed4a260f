import { describe, expectTypeOf, test } from "vitest";
import {
  type BaseCheckpointer,
  InMemoryCheckpointer,
  type NoCustomFields,
  PgCheckpointer,
  type ThreadInfo,
} from "../../src/index.ts";

describe("idType and userIdType", () => {
  test("are strings unless told", () => {
    expectTypeOf(new PgCheckpointer()).toExtend<BaseCheckpointer>();
    expectTypeOf(new InMemoryCheckpointer()).toExtend<BaseCheckpointer>();
  });

  test("int is number, bigint is bigint, each by itself", () => {
    const made = [
      new PgCheckpointer({ idType: "int", userIdType: "bigint" }),
      new InMemoryCheckpointer({ idType: "int", userIdType: "bigint" }),
      PgCheckpointer.fromEnv({ idType: "int", userIdType: "bigint" }),
    ] as const;
    for (const checkpointer of made) {
      expectTypeOf(checkpointer).toExtend<BaseCheckpointer<NoCustomFields, number, bigint>>();
    }
    const reversed = new PgCheckpointer({ idType: "bigint", userIdType: "string" });
    expectTypeOf(reversed).toExtend<BaseCheckpointer<NoCustomFields, bigint>>();
  });

  test("say what configs, threads and cursors hold", async () => {
    const checkpointer = new PgCheckpointer({ idType: "bigint", userIdType: "int" });
    const [thread] = await checkpointer.listThreads({ userId: 7 }, { limit: 1, after: 2n ** 60n, before: 1n });
    expectTypeOf(thread).toEqualTypeOf<ThreadInfo<bigint, number> | undefined>();
    expectTypeOf(thread?.threadId).toEqualTypeOf<bigint | undefined>();
    expectTypeOf(thread?.userId).toEqualTypeOf<number | null | undefined>();
    expectTypeOf(await checkpointer.putThread({ threadId: 1n, userId: 7 })).toEqualTypeOf<ThreadInfo<bigint, number>>();
    expectTypeOf(await checkpointer.forkThread({ threadId: 1n }, { threadId: 2n })).toEqualTypeOf<
      ThreadInfo<bigint, number>
    >();
    await checkpointer.stats({ userId: 7, threadId: 1n });
  });

  test("that are wrong are errors, in every method", async () => {
    const checkpointer = new PgCheckpointer({ idType: "bigint", userIdType: "int" });
    // @ts-expect-error -- threads are bigint
    await checkpointer.getState({ threadId: 1 });
    // @ts-expect-error -- threads are bigint
    await checkpointer.getState({ threadId: "1" });
    // @ts-expect-error -- users are numbers
    await checkpointer.putMessages({ threadId: 1n, userId: "1" }, []);
    // @ts-expect-error -- users are numbers
    await checkpointer.listThreads({ userId: 1n });
    // @ts-expect-error -- cursors are threads
    await checkpointer.listThreads({}, { after: 1 });
    // @ts-expect-error -- both configs have the same types
    await checkpointer.forkThread({ threadId: 1n }, { threadId: "2" });
    // @ts-expect-error -- threads are bigint
    await checkpointer.stats({ threadId: "1" });
    // @ts-expect-error -- strings unless told
    await new PgCheckpointer().getState({ threadId: 1 });
    // @ts-expect-error -- there are three kinds
    void new PgCheckpointer({ idType: "uuid" });
    // @ts-expect-error -- one kind is no other
    const wrong: BaseCheckpointer = checkpointer;
    expectTypeOf(wrong).not.toBeAny();
  });
});
