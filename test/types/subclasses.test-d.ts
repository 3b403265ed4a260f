import { describe, expectTypeOf, test } from "vitest";
import {
  type AgentState,
  BaseCheckpointer,
  type CheckpointerError,
  type EngineCheckpointer,
  InMemoryCheckpointer,
  type IdKind,
  PgCheckpointer,
  type PutStateOptions,
  type ThreadConfig,
} from "../../src/index.ts";

interface SupportState {
  ticketId: string;
}

class MonitoredCheckpointer extends PgCheckpointer<SupportState> {
  #writes = 0;

  get writes(): number {
    return this.#writes;
  }

  override async putState(
    config: ThreadConfig,
    state: AgentState<SupportState>,
    options?: PutStateOptions,
  ): Promise<AgentState<SupportState>> {
    this.#writes++;
    return await super.putState(config, state, options);
  }
}

describe("a subclass", () => {
  test("overrides a method, and is its parents", () => {
    const checkpointer = new MonitoredCheckpointer({ schema: "agents" });
    expectTypeOf(checkpointer).toExtend<PgCheckpointer<SupportState>>();
    expectTypeOf(checkpointer).toExtend<EngineCheckpointer<SupportState>>();
    expectTypeOf(checkpointer).toExtend<BaseCheckpointer<SupportState>>();
    expectTypeOf(checkpointer.writes).toEqualTypeOf<number>();
  });

  test("may leave types to its users", () => {
    class Audited<Custom extends object, Id extends IdKind = "string"> extends InMemoryCheckpointer<Custom, Id> {
      override async deleteThread(
        config: Parameters<InMemoryCheckpointer<Custom, Id>["deleteThread"]>[0],
      ): Promise<boolean> {
        return await super.deleteThread(config);
      }
    }
    const audited = new Audited({ idType: "int" });
    expectTypeOf(audited.deleteThread({ threadId: 1 })).resolves.toEqualTypeOf<boolean>();
  });

  test("that answers something else is an error", () => {
    class Wrong extends InMemoryCheckpointer {
      // @ts-expect-error -- putState answers the state
      override async putState(): Promise<number> {
        return 1;
      }
    }
    expectTypeOf<Wrong>().not.toBeAny();
  });
});

describe("BaseCheckpointer", () => {
  /** What a container of dependencies does: it hands out what was bound to a class. */
  function inject<T>(token: abstract new (...given: never[]) => T): T {
    throw new Error(`nothing is bound to ${token.name}`);
  }

  test("is a token to inject by, also as a default parameter", () => {
    expectTypeOf(inject(BaseCheckpointer)).toExtend<BaseCheckpointer>();
    async function node(config: ThreadConfig, checkpointer = inject(BaseCheckpointer<SupportState>)): Promise<string> {
      return (await checkpointer.getState(config))?.ticketId ?? "";
    }
    expectTypeOf(node).toBeCallableWith({ threadId: "t" });
    expectTypeOf(node).toBeCallableWith({ threadId: "t" }, new MonitoredCheckpointer());
  });

  test("is abstract, and says what a back end must have", () => {
    // @ts-expect-error -- abstract
    void new BaseCheckpointer();
    // @ts-expect-error -- everything is missing
    class Empty extends BaseCheckpointer {}
    expectTypeOf<Empty>().toExtend<BaseCheckpointer>();
  });

  test("takes every checkpointer, and is disposable", async () => {
    async function use(checkpointer: BaseCheckpointer): Promise<void> {
      await checkpointer.setup();
    }
    expectTypeOf(use).toBeCallableWith(new PgCheckpointer());
    expectTypeOf(use).toBeCallableWith(new InMemoryCheckpointer());
    await using checkpointer = new InMemoryCheckpointer();
    expectTypeOf(checkpointer).toExtend<AsyncDisposable>();
    expectTypeOf(checkpointer).toExtend<BaseCheckpointer>();
  });
});

test("errors carry a stable code and whether to try again", () => {
  expectTypeOf<CheckpointerError["code"]>().toEqualTypeOf<`AGENITY_${string}`>();
  expectTypeOf<CheckpointerError["retryable"]>().toEqualTypeOf<boolean>();
});
