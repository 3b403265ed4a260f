import { enlarged } from "./state-set.ts";

/** Which states can still come to a good end by helpful steps alone. Steps are kept as numbers in flat arrays: there are millions. */
export class Progress {
  readonly #settled: number[] = [];
  #count = 0;
  #from = new Int32Array(1024);
  #to = new Int32Array(1024);

  /** A state that is a good end. */
  settle(index: number): void {
    this.#settled.push(index);
  }

  /** A helpful step leads from one state to another. */
  step(from: number, to: number): void {
    if (this.#count === this.#from.length) {
      this.#from = enlarged(this.#from);
      this.#to = enlarged(this.#to);
    }
    this.#from[this.#count] = from;
    this.#to[this.#count++] = to;
  }

  /** The first of the states from which no helpful steps lead to a good end. */
  firstStuck(stateCount: number): number | undefined {
    const latest = new Int32Array(stateCount).fill(-1); // the last step into each state, and for each step the one before
    const before = new Int32Array(this.#count);
    for (let step = 0; step < this.#count; step++) {
      const to = this.#to[step] ?? 0;
      before[step] = latest[to] ?? -1;
      latest[to] = step;
    }
    const isFine = new Uint8Array(stateCount);
    for (const index of this.#settled) isFine[index] = 1;
    const waiting = [...this.#settled];
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      for (let step = latest[index] ?? -1; step >= 0; step = before[step] ?? -1) {
        const from = this.#from[step] ?? 0;
        if (isFine[from] === 1) continue;
        isFine[from] = 1;
        waiting.push(from);
      }
    }
    const stuck = isFine.indexOf(0);
    return stuck < 0 ? undefined : stuck;
  }
}
