import assert from "node:assert/strict";
import { agreeInOrder, type Answer, answerTo } from "./answer.ts";
import type { Call } from "./call.ts";
import { PlainModel } from "./plain-model/plain-model.ts";
import { PlainWorld } from "./plain-model/plain-world.ts";
import { closingCalls, playCalls, type Stage } from "./play-calls.ts";
import type { Store } from "./stores.ts";

/** Sequences of calls that are played at once on one store. */
export type Batch = readonly (readonly Call[])[];

/** What came of a batch. */
export interface Played {
  /** The sequences, with the looks that each ends with. */
  readonly sequences: Batch;
  /** By sequence and call. */
  readonly answers: readonly (readonly Answer[])[];
  /** What the store holds in the end. */
  readonly stats: Answer;
}

/** The model, as a store: what every other one must answer. */
export const model: Store = {
  async open() {
    const world = new PlainWorld();
    return () => new PlainModel(world);
  },
  async close() {},
};

/** Plays sequences side by side, so that what a store does for several callers in one statement is tried as well. */
export async function playBatch(batch: Batch, store: Store): Promise<Played> {
  const sequences = batch.map((calls) => [...calls, ...closingCalls(calls)]);
  const make = await store.open();
  const checkpointers: Stage["checkpointers"] = [make(), make(), make()];
  const playing = sequences.map((calls, index) => playCalls(calls, { checkpointers, prefix: `${index}/` }));
  const answers = await allOf(playing);
  const stats = await answerTo(checkpointers[2].stats());
  for (const checkpointer of checkpointers) await checkpointer.release();
  return { sequences, answers, stats };
}

/** As `Promise.all`, but nothing goes on when it has failed: the next try finds the stores at rest. */
export async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

/** Compares what a store answered with what the model did. @throws AssertionError naming the first call that differs */
export function sameAsModel(actual: Played, expected: Played, name: string): void {
  compare(actual, expected, `${name} and the model`, ({ portrait }) => portrait);
}

/** Compares two stores: also in what is left to them. @throws AssertionError naming the first call that differs */
export function sameInAll(actual: Played, expected: Played, pair: string): void {
  compare(actual, expected, pair, ({ portrait, particulars }) => `${portrait}\n${particulars}`);
}

function compare(actual: Played, expected: Played, pair: string, show: (answer: Answer) => string): void {
  const shown = (answer: Answer | undefined): string => (answer === undefined ? "nothing" : show(answer));
  for (const [at, calls] of actual.sequences.entries()) {
    const [found, wanted] = [actual.answers[at] ?? [], expected.answers[at] ?? []];
    for (const [index, { call }] of calls.entries()) {
      const [one, other] = [shown(found[index]), shown(wanted[index])];
      if (one !== other) assert.equal(one, other, `${pair} answer call ${index}, ${call}, differently`);
    }
    const [instants, others] = [found, wanted].map((answers) => answers.flatMap((answer) => answer.instants));
    assert.ok(agreeInOrder(instants ?? [], others ?? []), `${pair} tell opposite orders of time`);
  }
  assert.equal(shown(actual.stats), shown(expected.stats), `${pair} hold different amounts`);
}
