/**
 * The states that a search has met, as 64-bit fingerprints in flat arrays: so millions fit, at the price that two states with one
 * fingerprint would be taken for one (for ten million states the probability is about 3 in a million).
 */
export class StateSet {
  #capacity = 1 << 16;
  #slots = new Int32Array(this.#capacity).fill(-1);
  #high = new Int32Array(this.#capacity);
  #low = new Int32Array(this.#capacity);
  #parents = new Int32Array(this.#capacity);
  #size = 0;
  /** The fingerprint of the state that was looked at last. */
  #nextHigh = 0;
  #nextLow = 0;

  /** How many states it holds; the next one gets this number. */
  get size(): number {
    return this.#size;
  }

  /** Adds a state that was reached from another one, if it is new; answers its number. */
  add(encoded: Uint8Array, parent: number): number {
    this.#takeFingerprint(encoded);
    const slot = this.#slotOf(this.#nextHigh, this.#nextLow);
    const known = this.#slots[slot] ?? -1;
    if (known >= 0) return known;
    const index = this.#size++;
    this.#slots[slot] = index;
    this.#high[index] = this.#nextHigh;
    this.#low[index] = this.#nextLow;
    this.#parents[index] = parent;
    if (this.#size * 2 > this.#capacity) this.#grow();
    return index;
  }

  /** Whether a state is the one with this number. */
  is(encoded: Uint8Array, index: number): boolean {
    this.#takeFingerprint(encoded);
    return this.#high[index] === this.#nextHigh && this.#low[index] === this.#nextLow;
  }

  /** The numbers of the states on the way to one, without the first of all. */
  pathTo(index: number): number[] {
    const path: number[] = [];
    for (let at = index; at > 0; at = this.#parents[at] ?? 0) path.push(at);
    return path.reverse();
  }

  #takeFingerprint(encoded: Uint8Array): void {
    let high = 0x2545f491;
    let low = 0x6c078965;
    for (let k = 0; k < encoded.length; k++) {
      const byte = encoded[k] ?? 0;
      high = Math.imul(((high << 13) | (high >>> 19)) ^ byte, 0x9e3779b1);
      low = Math.imul(((low << 7) | (low >>> 25)) ^ byte, 0x85ebca6b);
    }
    high = Math.imul(high ^ (high >>> 16), 0x21f0aaad);
    low = Math.imul(low ^ (low >>> 15), 0x735a2d97);
    this.#nextHigh = high ^ (high >>> 15);
    this.#nextLow = low ^ (low >>> 16);
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#capacity - 1;
    let slot = (high ^ Math.imul(low, 0x9e3779b1)) & mask;
    for (;;) {
      const index = this.#slots[slot] ?? -1;
      if (index < 0 || (this.#high[index] === high && this.#low[index] === low)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#high = enlarged(this.#high);
    this.#low = enlarged(this.#low);
    this.#parents = enlarged(this.#parents);
    this.#slots = new Int32Array(this.#capacity).fill(-1);
    for (let index = 0; index < this.#size; index++) {
      this.#slots[this.#slotOf(this.#high[index] ?? 0, this.#low[index] ?? 0)] = index;
    }
  }
}

/** A copy with twice the room. */
export function enlarged(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
