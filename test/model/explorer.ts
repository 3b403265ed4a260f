import { setImmediate as nextTurn } from "node:timers/promises";
import { Progress } from "./progress.ts";
import { StateSet } from "./state-set.ts";

/** A state of a model. */
export interface Checked {
  /** What the step that led here did wrong, if anything. */
  violation: string | undefined;
}

/** Is told of every step that can follow a state. */
export type Visit<State> = (next: State, words: () => string, isHelpful?: boolean) => void;

/** All that can happen, step by step. */
export interface Model<State extends Checked> {
  /** Where it begins. */
  readonly initial: State;
  /** The same bytes for all states between which there is no difference. They are valid until the next call. */
  encode(state: State): Buffer;
  /** A state from its bytes, given as Latin-1 text. */
  decode(text: string): State;
  /** Every step that can follow; the state itself stays as it is. */
  steps(state: State, visit: Visit<State>): void;
  /** What must hold in every state: answers what does not. */
  fault?(state: State): string | undefined;
  /** Progress: from every state, helpful steps alone can lead to one of these. */
  isSettled?(state: State): boolean;
  /** What it means that a state has no way to a settled one. */
  readonly stuck?: string;
}

/** How a rule was violated. */
interface Counterexample {
  /** A shortest way to the violation, in words. */
  readonly steps: readonly string[];
  /** What was violated. */
  readonly violation: string;
}

/** What a search came to. */
export interface Exploration {
  /** How many different states it met. */
  readonly stateCount: number;
  /** How many steps the farthest of them are away. */
  readonly depth: number;
  /** The first violation; without one, the model holds in every state that can be reached. */
  readonly counterexample: Counterexample | undefined;
}

/** How many states are expanded before others get their turn. */
const STATES_AT_ONCE = 4096;

/** Visits every state that can be reached, nearest first, so that the first violation that is found is a shortest one. */
export function explore<State extends Checked>(model: Model<State>): Promise<Exploration> {
  return new Search(model).run();
}

class Search<State extends Checked> {
  readonly #model: Model<State>;
  readonly #met = new StateSet();
  readonly #progress = new Progress();
  #violated: { readonly from: number; readonly violation: string } | undefined;
  #next: string[] = [];

  constructor(model: Model<State>) {
    this.#model = model;
  }

  async run(): Promise<Exploration> {
    this.#meet(this.#model.initial, -1);
    let depth = -1;
    let first = 0; // the states of one depth have consecutive numbers
    while (this.#next.length > 0 && this.#violated === undefined) {
      const level = this.#next;
      this.#next = [];
      depth++;
      for (const [index, text] of level.entries()) {
        this.#expand(text, first + index);
        if (index % STATES_AT_ONCE === 0) await nextTurn(); // the test runner takes a silent process for a dead one
      }
      first += level.length;
    }
    return { stateCount: this.#met.size, depth, counterexample: this.#counterexample() };
  }

  #expand(text: string, from: number): void {
    if (this.#violated !== undefined) return;
    this.#model.steps(this.#model.decode(text), (next, _words, isHelpful = false) => {
      if (this.#violated !== undefined) return;
      if (next.violation !== undefined) {
        this.#violated = { from, violation: next.violation };
        return;
      }
      const index = this.#meet(next, from);
      if (isHelpful && index !== from) this.#progress.step(from, index);
    });
  }

  #meet(state: State, from: number): number {
    const { size } = this.#met;
    const encoded = this.#model.encode(state);
    const index = this.#met.add(encoded, from);
    if (index < size) return index;
    this.#next.push(encoded.toString("latin1"));
    const violation = this.#model.fault?.(state);
    if (violation !== undefined) this.#violated = { from, violation };
    if (this.#model.isSettled?.(state) === true) this.#progress.settle(index);
    return index;
  }

  #counterexample(): Counterexample | undefined {
    if (this.#violated !== undefined) {
      const { from, violation } = this.#violated;
      const isViolation = (next: State): boolean => (next.violation ?? this.#model.fault?.(next)) === violation;
      return { steps: this.#retell(from, isViolation), violation };
    }
    if (this.#model.isSettled === undefined) return undefined;
    const stuck = this.#progress.firstStuck(this.#met.size);
    if (stuck === undefined) return undefined;
    return { steps: this.#retell(stuck), violation: this.#model.stuck ?? "there is no way to a good end" };
  }

  /** Walks the way to a state again, with words: the step that was taken is the one that leads to the right fingerprint. */
  #retell(to: number, isLast?: (next: State) => boolean): string[] {
    const words: string[] = [];
    let state = this.#model.initial;
    const walk = (isWanted: (next: State) => boolean): void => {
      let taken: State | undefined;
      this.#model.steps(state, (next, tell) => {
        if (taken !== undefined || !isWanted(next)) return;
        taken = next;
        words.push(tell());
      });
      if (taken === undefined)
        throw new Error("a step of the way cannot be found again: two states have one fingerprint");
      state = taken;
    };
    for (const index of this.#met.pathTo(to)) walk((next) => this.#met.is(this.#model.encode(next), index));
    if (isLast !== undefined) walk(isLast);
    return words;
  }
}
