/** How a queue sends what waits in it. */
export interface GroupQueueOptions<Item, Answer> {
  /** Sends items together; answers stand in their order. */
  readonly send: (items: readonly Item[]) => Promise<readonly Answer[]>;
  /** Whether something sent now would have to wait. */
  readonly isBusy: () => boolean;
  /** The bytes that an item adds to a group. */
  readonly weigh: (item: Item) => number;
  /** Two items of one key are never under way at once; undefined: no such rule. */
  readonly keyOf?: (item: Item) => unknown;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly key: unknown;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Most items in one group: beyond it, a statement grows slower per item, not faster. */
const MAX_ITEMS = 128;

/** Most bytes in one group, so that small turns do not wait long behind large ones. */
const MAX_BYTES = 1_048_576;

/**
 * Lets what must wait travel together. An item that finds the store free goes at once, alone; the rest gathers until something under
 * way returns, and then goes as one group. Under load a round trip and a commit are so shared by many; without load nothing waits.
 */
export class GroupQueue<Item, Answer> {
  readonly #options: GroupQueueOptions<Item, Answer>;
  readonly #underWay = new Set<unknown>();
  #waiting: Waiting<Item, Answer>[] = [];
  #groups = 0;

  constructor(options: GroupQueueOptions<Item, Answer>) {
    this.#options = options;
  }

  /** Sends an item, alone or with others, and answers what came back for it. */
  ask(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, key: this.#options.keyOf?.(item), resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    // With nothing under way nobody would wake us, so one group goes whatever the store says; it then waits there.
    while (this.#waiting.length > 0 && (this.#groups === 0 || !this.#options.isBusy())) {
      const group = this.#takeGroup();
      if (group.length === 0) return;
      void this.#send(group);
    }
  }

  #takeGroup(): Waiting<Item, Answer>[] {
    const group: Waiting<Item, Answer>[] = [];
    const rest: Waiting<Item, Answer>[] = [];
    let bytes = 0;
    for (const waiting of this.#waiting) {
      const full = group.length >= MAX_ITEMS || (bytes > 0 && bytes + this.#options.weigh(waiting.item) > MAX_BYTES);
      if (full || (waiting.key !== undefined && this.#underWay.has(waiting.key))) {
        rest.push(waiting);
        continue;
      }
      if (waiting.key !== undefined) this.#underWay.add(waiting.key);
      bytes += this.#options.weigh(waiting.item);
      group.push(waiting);
    }
    this.#waiting = rest;
    return group;
  }

  async #send(group: readonly Waiting<Item, Answer>[]): Promise<void> {
    this.#groups++;
    try {
      const answers = await this.#options.send(group.map(({ item }) => item));
      for (const [index, waiting] of group.entries()) waiting.resolve(answers[index] as Answer); // one answer an item
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    } finally {
      this.#groups--;
      for (const { key } of group) this.#underWay.delete(key);
      this.#dispatch();
    }
  }
}
