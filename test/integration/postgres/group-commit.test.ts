import { beforeAll, describe, expect, test } from "vitest";
import {
  AccessDeniedError,
  type AgentState,
  ConflictError,
  createState,
  Message,
  ValidationError,
  versionOf,
} from "../../../src/index.ts";
import { Database, type Fields } from "./database.ts";

const database = new Database(import.meta.url);
const CALLERS = 60;

interface Caller {
  readonly config: { readonly threadId: string; readonly userId: string };
  readonly index: number;
  /** One in ten. */
  readonly isBad: boolean;
  state: AgentState<Fields>;
}

beforeAll(async () => {
  await database.open().setup();
  // What only PostgreSQL refuses, after all our own checks have passed it.
  await database.rows(`alter table {{messages}} add constraint no_poison check (search_text not like '%poison%')`);
  await database.rows(`alter table {{states}} add constraint no_poison check (entry::text not like '%poison%')`);
});

/** Callers on threads of their own, over one checkpointer with two connections: whoever must wait travels with others. */
async function crowd(name: string): Promise<{ checkpointer: ReturnType<typeof database.open>; callers: Caller[] }> {
  const checkpointer = database.open({ pgPool: database.pool({ max: 2 }) });
  const callers = await Promise.all(
    Array.from({ length: CALLERS }, async (_, index): Promise<Caller> => {
      const config = { threadId: `${name}-${index}`, userId: `user-${index % 7}` };
      const state: AgentState<Fields> = await checkpointer.putState(config, createState({ note: 1 }));
      return { config, index, isBad: index % 10 === 3, state };
    }),
  );
  return { checkpointer, callers };
}

/** How many transactions have written these versions: those that were committed together share one. */
async function transactionsOf(name: string, version: number): Promise<number> {
  const text = "select count(distinct xmin::text)::integer from {{states}} where thread_id like $1 and version = $2";
  return Number(await database.value(text, [`${name}-%`, version]));
}

/** Everybody at once; each bad one must fail by himself with this error, and everybody else succeed. */
async function eachByHimself(
  callers: readonly Caller[],
  call: (caller: Caller) => Promise<unknown>,
  errorClass: new (...given: never[]) => Error,
): Promise<void> {
  const outcomes = await Promise.allSettled(callers.map(call));
  const failed = outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason instanceof errorClass);
  const succeeded = outcomes.map((outcome) => outcome.status === "fulfilled");
  expect(failed).toEqual(callers.map(({ isBad }) => isBad));
  expect(succeeded).toEqual(callers.map(({ isBad }) => !isBad));
}

describe("calls that travel together", () => {
  test("are committed together, and each is answered for itself", async () => {
    const { checkpointer, callers } = await crowd("good");
    const written = await Promise.all(
      callers.map(({ config, index, state }) => checkpointer.putState(config, { ...state, note: index })),
    );
    expect(written.map(versionOf)).toEqual(callers.map(() => 2));
    expect(written.map((state) => state.note)).toEqual(callers.map(({ index }) => index));
    expect(await transactionsOf("good", 2)).toBeLessThan(CALLERS / 2);
    const reader = database.open();
    const read = await Promise.all(callers.map(({ config }) => reader.getState(config)));
    expect(read.map((state) => state?.note)).toEqual(callers.map(({ index }) => index));
  });

  test("of which one in ten brings a stale version: those alone conflict", async () => {
    const { checkpointer, callers } = await crowd("stale");
    const other = database.open();
    for (const { config, isBad, state } of callers)
      if (isBad) await other.putState(config, { ...state, note: "faster" });
    const put = ({ config, state }: Caller): Promise<unknown> => checkpointer.putState(config, { ...state, note: 2 });
    await eachByHimself(callers, put, ConflictError);
    for (const { config, isBad } of callers) expect((await other.getState(config))?.note).toBe(isBad ? "faster" : 2);
    // The others were not sent again one by one for their sake.
    expect(await transactionsOf("stale", 2)).toBeLessThan(CALLERS / 2);
  });

  test("of which one in ten is another user's: those alone are denied", async () => {
    const { checkpointer, callers } = await crowd("denied");
    const turn = ({ config, isBad }: Caller): Promise<unknown> =>
      checkpointer.putMessages(isBad ? { ...config, userId: "nobody" } : config, [Message.text("said")]);
    await eachByHimself(callers, turn, AccessDeniedError);
    for (const { config, isBad } of callers)
      expect(await checkpointer.listMessages(config)).toHaveLength(isBad ? 0 : 1);
  });

  test("of which one in ten brings a state that PostgreSQL refuses: those alone fail", async () => {
    const { checkpointer, callers } = await crowd("poisoned states");
    for (const round of [2, 3, 4]) {
      const put = async (caller: Caller): Promise<void> => {
        const note = caller.isBad ? "poison" : round;
        caller.state = await checkpointer.putState(caller.config, { ...caller.state, note });
      };
      await eachByHimself(callers, put, ValidationError);
    }
    for (const { config, isBad } of callers) {
      expect(await checkpointer.listStates(config)).toHaveLength(isBad ? 1 : 4);
      expect((await checkpointer.getState(config))?.note).toBe(isBad ? 1 : 4);
    }
    // Whoever has failed travels alone for a while, so that the others travel together again.
    expect(await transactionsOf("poisoned states", 4)).toBeLessThan(CALLERS / 2);
  });

  test("of which one in ten brings a message that PostgreSQL refuses: nothing of its turn is written, and all of the others'", async () => {
    const { checkpointer, callers } = await crowd("poisoned turns");
    const turn = ({ config, isBad, state }: Caller): Promise<unknown> =>
      checkpointer.checkpoint(config, {
        state: { ...state, note: 2 },
        messages: [Message.text("good"), Message.text(isBad ? "poison" : "good too")],
        thread: { threadName: "named" },
      });
    await eachByHimself(callers, turn, ValidationError);
    for (const { config, isBad } of callers) {
      expect((await checkpointer.getState(config))?.note).toBe(isBad ? 1 : 2);
      expect(await checkpointer.listMessages(config)).toHaveLength(isBad ? 0 : 2);
      expect((await checkpointer.getThread(config))?.threadName).toBe(isBad ? null : "named");
    }
  });

  test("of one thread are committed one after the other, and none is lost", async () => {
    const checkpointer = database.open({ pgPool: database.pool({ max: 2 }) });
    const config = { threadId: "one" };
    await Promise.all([
      ...Array.from({ length: 30 }, (_, index) => checkpointer.putMessages(config, [Message.text(`${index}`)])),
      ...Array.from({ length: 30 }, () =>
        checkpointer.updateState(config, (state) => ({
          ...(state ?? createState()),
          note: Number(state?.note ?? 0) + 1,
        })),
      ),
    ]);
    expect(await checkpointer.listMessages(config)).toHaveLength(30);
    expect((await checkpointer.getState(config))?.note).toBe(30);
    expect(await checkpointer.listStates(config)).toHaveLength(30);
  });

  test("of which one is large and one fails still answer every caller once", async () => {
    const { checkpointer, callers } = await crowd("large");
    const big = "x".repeat(2_000_000);
    const put = ({ config, index, isBad, state }: Caller): Promise<unknown> =>
      checkpointer.putState(config, { ...state, note: isBad ? "poison" : index % 10 === 5 ? big : index });
    await eachByHimself(callers, put, ValidationError);
    expect(String((await checkpointer.getState({ threadId: "large-5" }))?.note)).toHaveLength(big.length);
  });
});
