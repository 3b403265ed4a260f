import * as v from "valibot";
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type AgentState,
  type CheckpointResult,
  createState,
  InMemoryCheckpointer,
  type Message,
  PgCheckpointer,
  type SessionStats,
  type StateInfo,
  type ThreadInfo,
} from "../../src/index.ts";

interface SupportState {
  ticketId: string;
  plan: string[];
  escalatedAt?: Date | undefined;
}

type Support = AgentState<SupportState>;

const config = { threadId: "t", userId: "u" };
const fields: SupportState = { ticketId: "42", plan: [] };

describe("PgCheckpointer<SupportState>", () => {
  const checkpointer = new PgCheckpointer<SupportState>();

  test("types the states that every method takes and answers", () => {
    const state = createState<SupportState>(fields);
    expectTypeOf(state).toEqualTypeOf<Support>();
    expectTypeOf(checkpointer.putState(config, state)).resolves.toEqualTypeOf<Support>();
    expectTypeOf(checkpointer.getState(config)).resolves.toEqualTypeOf<Support | null>();
    expectTypeOf(checkpointer.getState(config, { version: 1 })).resolves.toEqualTypeOf<Support | null>();
    expectTypeOf(checkpointer.updateState(config, (found) => found)).resolves.toEqualTypeOf<Support | null>();
    expectTypeOf(checkpointer.repairState(config)).resolves.toEqualTypeOf<Support>();
    expectTypeOf(checkpointer.checkpoint(config, { state })).resolves.toEqualTypeOf<CheckpointResult<SupportState>>();
    expectTypeOf(checkpointer.clearState(config)).resolves.toEqualTypeOf<void>();
  });

  test("types a change of a state, which may answer one, nothing, or later", async () => {
    await checkpointer.updateState(config, (state) => {
      expectTypeOf(state).toEqualTypeOf<Support | null>();
      state?.plan.push("call back");
    });
    await checkpointer.updateState(config, async (state) => state ?? createState<SupportState>(fields));
    await checkpointer.updateState(config, () => null);
  });

  test("types custom fields as deep as they are", async () => {
    const state = await checkpointer.getState(config);
    expectTypeOf(state?.ticketId).toEqualTypeOf<string | undefined>();
    expectTypeOf(state?.plan).toEqualTypeOf<string[] | undefined>();
    expectTypeOf(state?.escalatedAt).toEqualTypeOf<Date | undefined>();
    expectTypeOf(state?.context).toEqualTypeOf<Message[] | undefined>();
  });

  test("types what is not the state's without it", () => {
    expectTypeOf(checkpointer.listStates(config)).resolves.toEqualTypeOf<StateInfo[]>();
    expectTypeOf(checkpointer.putMessages(config, [])).resolves.toEqualTypeOf<Message[]>();
    expectTypeOf(checkpointer.getMessage(config, "m")).resolves.toEqualTypeOf<Message | null>();
    expectTypeOf(checkpointer.listMessages(config)).resolves.toEqualTypeOf<Message[]>();
    expectTypeOf(checkpointer.deleteMessage(config, "m")).resolves.toEqualTypeOf<boolean>();
    expectTypeOf(checkpointer.putThread(config)).resolves.toEqualTypeOf<ThreadInfo>();
    expectTypeOf(checkpointer.getThread(config)).resolves.toEqualTypeOf<ThreadInfo | null>();
    expectTypeOf(checkpointer.listThreads()).resolves.toEqualTypeOf<ThreadInfo[]>();
    expectTypeOf(checkpointer.deleteThread(config)).resolves.toEqualTypeOf<boolean>();
    expectTypeOf(checkpointer.forkThread(config, { threadId: "copy" })).resolves.toEqualTypeOf<ThreadInfo>();
    expectTypeOf(checkpointer.stats()).resolves.toEqualTypeOf<SessionStats>();
    expectTypeOf(checkpointer.setup()).resolves.toEqualTypeOf<void>();
    expectTypeOf(checkpointer.release()).resolves.toEqualTypeOf<void>();
  });
});

describe("a schema of the custom fields", () => {
  test("of zod says what they are", () => {
    const state = z.object({
      ticketId: z.string(),
      priority: z.number().default(1),
      tags: z.set(z.string()).optional(),
    });
    const checkpointer = new PgCheckpointer({ state });
    type Read = Awaited<ReturnType<typeof checkpointer.getState>>;
    expectTypeOf<NonNullable<Read>["ticketId"]>().toEqualTypeOf<string>();
    expectTypeOf<NonNullable<Read>["priority"]>().toEqualTypeOf<number>();
    expectTypeOf<NonNullable<Read>["tags"]>().toEqualTypeOf<Set<string> | undefined>();
  });

  test("of valibot says what they are", () => {
    const state = v.object({ ticketId: v.string(), at: v.date(), note: v.optional(v.string(), "") });
    for (const checkpointer of [new PgCheckpointer({ state }), new InMemoryCheckpointer({ state })]) {
      type Read = Awaited<ReturnType<typeof checkpointer.getState>>;
      expectTypeOf<NonNullable<Read>["ticketId"]>().toEqualTypeOf<string>();
      expectTypeOf<NonNullable<Read>["at"]>().toEqualTypeOf<Date>();
      expectTypeOf<NonNullable<Read>["note"]>().toEqualTypeOf<string>();
    }
  });

  test("counts where the checkpointer comes from the environment too", () => {
    const state = z.object({ ticketId: z.string() });
    const checkpointer = PgCheckpointer.fromEnv({ state, schema: "agents" });
    expectTypeOf(checkpointer.getState(config)).resolves.toEqualTypeOf<AgentState<{ ticketId: string }> | null>();
  });

  test("goes together with types of ids", () => {
    const checkpointer = new PgCheckpointer({
      state: z.object({ n: z.number() }),
      idType: "int",
      userIdType: "bigint",
    });
    const call = checkpointer.getState({ threadId: 1, userId: 2n });
    expectTypeOf(call).resolves.toEqualTypeOf<AgentState<{ n: number }> | null>();
  });
});

describe("createState", () => {
  test("needs nothing where there are no custom fields, and takes base fields", () => {
    expectTypeOf(createState()).toEqualTypeOf<AgentState>();
    createState({ context: [], contextSummary: "so far", executionMeta: { step: 1, status: "completed" } });
  });

  test("takes base fields beside custom ones", () => {
    expectTypeOf(createState<SupportState>({ ...fields, contextSummary: null })).toEqualTypeOf<Support>();
    expectTypeOf(createState({ n: 1 }).n).toEqualTypeOf<number>();
  });

  test("needs no argument where every custom field is optional", () => {
    expectTypeOf(createState<{ note?: string }>().note).toEqualTypeOf<string | undefined>();
  });
});

test("without custom fields a state has the base fields alone", () => {
  const checkpointer = new PgCheckpointer();
  expectTypeOf(checkpointer.getState(config)).resolves.toEqualTypeOf<AgentState | null>();
});
