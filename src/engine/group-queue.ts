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

/** With fewer items than this under way there is no crowd to gather: each goes at once, over a connection of its own. */
const CROWD = 4;

/** Groups under way in a crowd: while the database works on one, this process reads and writes the other. Measured: more are slower. */
const MAX_GROUPS = 2;

/**
 * Lets what must wait travel together. An item that finds the store at leisure goes at once, alone. In a crowd, items gather until the
 * end of the event loop's turn (whoever was answered together comes back together) and share a statement: one round trip and one
 * commit for many. Without load nothing waits.
 */
export class GroupQueue<Item, Answer> {
  readonly #options: GroupQueueOptions<Item, Answer>;
  readonly #keysUnderWay = new Set<unknown>();
  #waiting: Waiting<Item, Answer>[] = [];
  #groups = 0;
  #itemsUnderWay = 0;
  #gathering = false;

  constructor(options: GroupQueueOptions<Item, Answer>) {
    this.#options = options;
  }

  /** Sends an item, alone or with others, and answers what came back for it. */
  ask(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, key: this.#options.keyOf?.(item), resolve, reject });
      if (!this.#isCrowded()) this.#sendOne();
      this.#gather();
    });
  }

  #isCrowded(): boolean {
    return this.#itemsUnderWay >= CROWD || this.#waiting.length > 1 || (this.#groups > 0 && this.#options.isBusy());
  }

  /** Not in this very moment: those who were answered by the same group are about to ask again. */
  #gather(): void {
    if (this.#gathering || this.#waiting.length === 0 || !this.#mayStart()) return;
    this.#gathering = true;
    setImmediate(() => {
      this.#gathering = false;
      this.#sendGroups();
    });
  }

  /** With nothing under way nobody would wake us, so one group goes whatever the store says; it then waits there. */
  #mayStart(): boolean {
    return this.#groups === 0 || (this.#groups < MAX_GROUPS && !this.#options.isBusy());
  }

  #sendOne(): void {
    const group = this.#take(1);
    if (group.length > 0) void this.#send(group);
  }

  #sendGroups(): void {
    while (this.#waiting.length > 0 && this.#mayStart()) {
      // Shared out evenly, so that the groups neither return together nor wait for each other.
      const group = this.#take(Math.ceil(this.#waiting.length / (MAX_GROUPS - this.#groups)));
      if (group.length === 0) return;
      void this.#send(group);
    }
  }

  /** Takes up to so many items off the queue, oldest first. Those whose key is under way stay. */
  #take(count: number): Waiting<Item, Answer>[] {
    const group: Waiting<Item, Answer>[] = [];
    const rest: Waiting<Item, Answer>[] = [];
    let bytes = 0;
    for (const waiting of this.#waiting) {
      const weight = this.#options.weigh(waiting.item);
      const isFull = group.length >= Math.min(count, MAX_ITEMS) || (bytes > 0 && bytes + weight > MAX_BYTES);
      if (isFull || (waiting.key !== undefined && this.#keysUnderWay.has(waiting.key))) {
        rest.push(waiting);
        continue;
      }
      if (waiting.key !== undefined) this.#keysUnderWay.add(waiting.key);
      bytes += weight;
      group.push(waiting);
    }
    this.#waiting = rest;
    return group;
  }

  async #send(group: readonly Waiting<Item, Answer>[]): Promise<void> {
    this.#groups++;
    this.#itemsUnderWay += group.length;
    try {
      const answers = await this.#options.send(group.map(({ item }) => item));
      for (const [index, waiting] of group.entries()) waiting.resolve(answers[index] as Answer); // one answer an item
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    } finally {
      this.#groups--;
      this.#itemsUnderWay -= group.length;
      for (const { key } of group) this.#keysUnderWay.delete(key);
      this.#gather();
    }
  }
}
