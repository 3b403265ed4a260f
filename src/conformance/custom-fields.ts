import assert from "node:assert/strict";
import { inspect } from "node:util";
import { type AgentState, ValidationError, versionOf } from "../index.ts";
import { rejection } from "./expectations.ts";
import { fieldsOf, newConfig, numberedMessages, stateWith } from "./sample.ts";
import type { AnotherOptions, AnyFields, Subject } from "./subject.ts";

type StandardSchema = NonNullable<AnotherOptions["state"]>;
type Validation = ReturnType<StandardSchema["~standard"]["validate"]>;

/** `{ plan: string[], retries = 0 }`; texts of the plan are trimmed. Written by hand, so that the kit needs no library. */
function planSchema(answer: (result: Validation) => Validation = (result) => result): StandardSchema {
  return { "~standard": { version: 1, vendor: "agenity-conformance", validate: (input) => answer(check(input)) } };
}

function check(input: unknown): Validation {
  const { plan, retries } = input as AnyFields;
  if (!Array.isArray(plan)) return { issues: [{ message: "expected a plan", path: ["plan"] }] };
  const wrong = plan.findIndex((step) => typeof step !== "string");
  if (wrong >= 0) return { issues: [{ message: "expected a step", path: [{ key: "plan" }, wrong] }] };
  return { value: { plan: (plan as string[]).map((step) => step.trim()), retries: retries ?? 0 } };
}

/** The schema of the state's custom fields. */
export const customFields: Subject = {
  name: "custom fields",
  promises: {
    async "what the schema accepts is written as it answers it, with its defaults"({ another }) {
      const checkpointer = await another({ state: planSchema() });
      const config = newConfig();
      const put = await checkpointer.putState(
        config,
        stateWith({ plan: [" look ", "leap"], context: numberedMessages(1) }),
      );
      assert.equal(versionOf(put), 1);
      const read = await checkpointer.getState(config);
      assert.deepEqual([read?.["plan"], read?.["retries"], read?.context.length], [["look", "leap"], 0, 1]);
    },

    async "what the schema refuses is a ValidationError that names the field, and nothing is written"({ another }) {
      const checkpointer = await another({ state: planSchema() });
      const config = newConfig();
      const missing = await rejection(checkpointer.putState(config, stateWith()), ValidationError);
      assert.equal(missing.field, "state.plan");
      assert.match(missing.message, /^state\.plan: is missing/);
      const turn = checkpointer.checkpoint(config, {
        state: stateWith({ plan: ["a", 1] }),
        messages: numberedMessages(1),
      });
      assert.equal((await rejection(turn, ValidationError)).field, "state.plan[1]");
      const update = checkpointer.updateState(config, () => stateWith({ plan: 1 }));
      assert.equal((await rejection(update, ValidationError)).field, "state.plan");
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "a schema's own words are in no error: they may quote what was given"({ another }) {
      const said = "what a user said";
      const answers: Readonly<Record<string, () => Validation>> = {
        "an issue": () => ({ issues: [{ message: `got ${said}`, path: ["named", said] }] }),
        "an exception": () => {
          throw new RangeError(said);
        },
      };
      for (const [what, answer] of Object.entries(answers)) {
        const checkpointer = await another({ state: planSchema(answer) });
        const call = checkpointer.putState(newConfig(), stateWith({ plan: [], named: new Map([[said, 1]]) }));
        const error = await rejection(call, ValidationError);
        assert.equal(error.field, what === "an issue" ? "state.named[0]" : "state");
        assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), new RegExp(said));
      }
    },

    async "a field that the schema does not know is a ValidationError, never dropped in silence"({ another }) {
      const checkpointer = await another({ state: planSchema() });
      const config = newConfig();
      const call = checkpointer.putState(config, stateWith({ plan: [], typo: 1 }));
      assert.equal((await rejection(call, ValidationError)).field, "state.typo");
      assert.equal(await checkpointer.getThread(config), null);
    },

    async "a schema may take its time"({ another }) {
      const checkpointer = await another({ state: planSchema(async (result) => await Promise.resolve(result)) });
      const config = newConfig();
      const state = stateWith({ plan: ["a"] });
      const call = checkpointer.putState(config, state);
      (state["plan"] as string[]).push("too late");
      await call;
      assert.deepEqual((await checkpointer.getState(config))?.["plan"], ["a"]);
    },

    async "a schema cannot change what it was given, nor the state's base fields"({ another }) {
      const spoiling = planSchema();
      const checkpointer = await another({
        state: {
          "~standard": {
            ...spoiling["~standard"],
            validate: (input) => {
              const result = spoiling["~standard"].validate(input);
              (input as { plan: string[] }).plan.push("spoilt");
              return result;
            },
          },
        },
      });
      const config = newConfig();
      const state = stateWith({ plan: ["a"], contextSummary: "kept" });
      await checkpointer.putState(config, state);
      assert.deepEqual(state["plan"], ["a"]);
      assert.equal((await checkpointer.getState(config))?.contextSummary, "kept");
    },

    async "what was stored under another schema is read as it is"({ checkpointer, another }) {
      const config = newConfig();
      const old = fieldsOf(await checkpointer.putState(config, stateWith({ plan: "a text then", extra: 1 })));
      const strict = await another({ state: planSchema() });
      const read = (await strict.getState(config)) as AgentState<AnyFields>;
      assert.deepEqual(fieldsOf(read), old);
      assert.equal((await rejection(strict.putState(config, read), ValidationError)).field, "state.plan");
    },
  },
};
