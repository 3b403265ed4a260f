import { afterAll, describe, expect, inject, test } from "vitest";
import {
  type AgentState,
  type CheckpointParts,
  type CheckpointResult,
  createState,
  type GetStateOptions,
  InMemoryCheckpointer,
  Message,
  PgCheckpointer,
  type PutStateOptions,
  type ThreadConfig,
} from "../../src/index.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";

interface Fields {
  note?: string;
}

type Method = (...given: never[]) => unknown;

const url = inject("databaseUrl");
const schema = schemaFor(import.meta.url);
const counts = new Map<string, number>();

afterAll(() => dropSchema(url, schema));

/** As users write it: a method that measures and calls its parent. */
class MonitoredCheckpointer extends PgCheckpointer<Fields> {
  override async putState(
    config: ThreadConfig,
    state: AgentState<Fields>,
    options?: PutStateOptions,
  ): Promise<AgentState<Fields>> {
    count("putState");
    return await super.putState(config, state, options);
  }

  override async getState(config: ThreadConfig, options?: GetStateOptions): Promise<AgentState<Fields> | null> {
    count("getState");
    return await super.getState(config, options);
  }
}

/** One that cannot work without its override. */
class StampingCheckpointer extends InMemoryCheckpointer<Fields> {
  override checkpoint(
    config: ThreadConfig,
    parts: CheckpointParts<Fields>,
    options?: PutStateOptions,
  ): Promise<CheckpointResult<Fields>> {
    const state = parts.state === undefined ? undefined : { ...parts.state, note: "stamped" };
    return super.checkpoint(config, { ...parts, state }, options);
  }
}

function count(method: string): void {
  counts.set(method, (counts.get(method) ?? 0) + 1);
}

/** A checkpointer every public method of which is overridden by one that counts. */
function counting(): MonitoredCheckpointer {
  class CountingCheckpointer extends MonitoredCheckpointer {}
  for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(PgCheckpointer.prototype))) {
    if (["constructor", "putState", "getState", "release"].includes(method)) continue;
    const original = PgCheckpointer.prototype[method as "setup"] as Method;
    Object.defineProperty(CountingCheckpointer.prototype, method, {
      value(this: unknown, ...given: never[]): unknown {
        count(method);
        return original.apply(this, given);
      },
    });
  }
  return new CountingCheckpointer({ postgresDsn: url, schema });
}

describe("a subclass that overrides public methods", () => {
  test("sees each call of the application once, and none of the checkpointer's own", async () => {
    await using checkpointer = counting();
    const config = { threadId: "t" };
    const fresh = (): AgentState<Fields> => createState({ note: "x" });
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      setup: () => checkpointer.setup(),
      putState: () => checkpointer.putState(config, fresh()),
      getState: () => checkpointer.getState(config),
      updateState: () => checkpointer.updateState(config, (found) => ({ ...(found ?? fresh()), note: "y" })),
      putMessages: () => checkpointer.putMessages(config, [Message.text("x", { messageId: "m" })]),
      checkpoint: () => checkpointer.checkpoint(config, { state: fresh(), messages: [Message.text("y")], thread: {} }),
      getMessage: () => checkpointer.getMessage(config, "m"),
      listMessages: () => checkpointer.listMessages(config),
      putThread: () => checkpointer.putThread(config, { threadName: "named" }),
      getThread: () => checkpointer.getThread(config),
      listThreads: () => checkpointer.listThreads(),
      listStates: () => checkpointer.listStates(config),
      repairState: () => checkpointer.repairState(config),
      forkThread: () => checkpointer.forkThread(config, { threadId: "copy" }),
      deleteMessage: () => checkpointer.deleteMessage(config, "m"),
      clearState: () => checkpointer.clearState(config),
      stats: () => checkpointer.stats(),
      deleteThread: () => checkpointer.deleteThread(config),
    };
    for (const [method, call] of Object.entries(calls)) {
      counts.clear();
      await call();
      expect([...counts], method).toEqual([[method, 1]]);
    }
  });

  test("sees an updateState that met a conflict once", async () => {
    await using checkpointer = counting();
    await using other = new PgCheckpointer<Fields>({ postgresDsn: url, schema });
    await checkpointer.setup();
    const config = { threadId: "conflict" };
    await other.putState(config, createState({ note: "first" }));
    counts.clear();
    let tries = 0;
    await checkpointer.updateState(config, async (state) => {
      if (++tries === 1) await other.putState(config, createState({ note: "faster" }));
      return { ...(state ?? createState()), note: `${state?.note}, changed` };
    });
    expect(tries).toBe(2);
    expect((await other.getState(config))?.note).toBe("faster, changed");
    expect([...counts]).toEqual([["updateState", 1]]);
  });

  test("may change what its parent is given", async () => {
    await using checkpointer = new StampingCheckpointer();
    const { state } = await checkpointer.checkpoint({ threadId: "t" }, { state: createState() });
    expect(state?.note).toBe("stamped");
    expect((await checkpointer.getState({ threadId: "t" }))?.note).toBe("stamped");
  });

  test("is released by await using, through the parent", async () => {
    const released = new MonitoredCheckpointer({ postgresDsn: url, schema });
    {
      await using checkpointer = released;
      await checkpointer.setup();
    }
    await expect(released.getState({ threadId: "t" })).rejects.toMatchObject({ code: "AGENITY_RELEASED" });
  });
});
