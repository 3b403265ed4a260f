import { randomUUID } from "node:crypto";
import { type Attempt, rows, type Way, withoutConfig } from "./method-rows.ts";
import { type Caller, type Ending, endingOf, type Outcome, wrongIn } from "./outcomes.ts";
import { type Checkpointer, type Config, OwnedThread } from "./owned-thread.ts";

/** Makes a checkpointer, set up, over the same storage each time. Whoever asked releases it. */
export type Open = (options: { readonly requireUserId: boolean }) => Promise<Checkpointer>;

/** What was tried, and what went wrong. */
export interface Tally {
  /** Cells of the matrix that were tried. */
  cells: number;
  /** Cells whose answer or error held something of the owner's, though the caller may not see it. */
  readonly leaks: string[];
  /** Cells after which the owner's data was another. */
  readonly changes: string[];
  /** Cells that ended in another way than promised. */
  readonly surprises: string[];
}

/**
 * What the checkpointer of the call has of the owner's: nothing; copies, because the owner has just read through it; the same, and the
 * owner's newest version need not be durable yet.
 */
type Warmth = "cold" | "warm" | "with a draft";

/** One cell of the matrix. */
interface Cell {
  readonly method: string | symbol;
  readonly way: Way;
  readonly place: number;
  readonly caller: Caller;
  readonly exists: boolean;
  readonly warmth: Warmth;
  readonly requireUserId: boolean;
}

/** The public methods that an object has by its classes. */
function publicMethods(checkpointer: object): (string | symbol)[] {
  const names = new Set<string | symbol>();
  let prototype = Object.getPrototypeOf(checkpointer) as object | null;
  while (prototype !== null && prototype !== Object.prototype) {
    for (const name of Reflect.ownKeys(prototype)) names.add(name);
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  names.delete("constructor");
  return [...names];
}

/** Methods without a row, and rows without a method. */
export function unlisted(checkpointer: object): (string | symbol)[] {
  const [methods, listed] = [publicMethods(checkpointer), Reflect.ownKeys(rows)];
  return [...methods.filter((name) => !listed.includes(name)), ...listed.filter((name) => !methods.includes(name))];
}

/**
 * Tries every method in every way, as every caller, on a thread that exists and one that does not, through a checkpointer that has copies of the
 * owner's and one that has none; while there is a draft, as everybody who may not touch it; and with `requireUserId`, which is looked at before
 * anything else.
 *
 * @param methods - only these
 */
export async function tryAll(
  open: Open,
  methods: readonly (string | symbol)[] = Reflect.ownKeys(rows),
): Promise<Tally> {
  const matrix = new Matrix(open);
  try {
    for (const cell of cellsOf(methods)) await matrix.tryCell(cell);
    return matrix.tally;
  } finally {
    await matrix.release();
  }
}

function* cellsOf(methods: readonly (string | symbol)[]): Generator<Cell> {
  for (const requireUserId of [false, true]) {
    for (const warmth of requireUserId ? (["cold"] as const) : (["cold", "warm", "with a draft"] as const)) {
      for (const method of methods) {
        for (const [place, way] of rows[method as keyof typeof rows].entries()) {
          for (const caller of ["stranger", "application", "owner"] as const) {
            for (const exists of [true, false]) {
              const cell: Cell = { method, way, place, caller, exists, warmth, requireUserId };
              // With a draft, it matters what becomes of those who may not touch it.
              if (warmth !== "with a draft" || (exists && !expectedIn(cell)[1])) yield cell;
            }
          }
        }
      }
    }
  }
}

class Matrix {
  readonly tally: Tally = { cells: 0, leaks: [], changes: [], surprises: [] };
  readonly #open: Open;
  readonly #opened = new Map<string, Checkpointer>();
  #owned: OwnedThread | undefined;
  #before = "";

  constructor(open: Open) {
    this.#open = open;
  }

  async release(): Promise<void> {
    for (const checkpointer of this.#opened.values()) await checkpointer.release();
  }

  async tryCell(cell: Cell): Promise<void> {
    this.tally.cells++;
    const owned = await this.#ownedThread();
    const checkpointer = await this.#checkpointer(cell.warmth, cell.requireUserId);
    if (cell.warmth !== "cold") await owned.isReadThrough(checkpointer);
    if (cell.warmth === "with a draft") this.#before = await owned.draft();
    const ending = await endingOf(() => cell.way.call(this.#attempt(cell, owned, checkpointer)));
    await this.#judge(cell, owned, ending);
  }

  async #judge(cell: Cell, owned: OwnedThread, ending: Ending): Promise<void> {
    const [expected, mayTouch] = expectedIn(cell);
    const wrong = wrongIn(ending, expected, owned);
    if (wrong !== undefined) this.tally.surprises.push(`${nameOf(cell)}: ${wrong}`);
    if (!mayTouch && owned.isSeenIn(ending)) this.tally.leaks.push(nameOf(cell));
    if (mayTouch) {
      // What comes next finds a thread that nobody has touched or read.
      this.#owned = undefined;
      return;
    }
    const after = await seen(cell, owned);
    if (after !== this.#before) this.tally.changes.push(nameOf(cell));
    if (after !== this.#before || cell.warmth === "with a draft") this.#owned = undefined;
  }

  #attempt(cell: Cell, owned: OwnedThread, checkpointer: Checkpointer): Attempt {
    const threadId = cell.exists ? owned.config.threadId : randomUUID();
    const userIds = { owner: owned.config.userId, stranger: randomUUID(), application: undefined };
    const userId = userIds[cell.caller];
    const config: Config = { threadId, ...(userId === undefined ? {} : { userId }) };
    return {
      checkpointer,
      config,
      owned,
      exists: cell.exists,
      requireUserId: cell.requireUserId,
      ownerWrites: async () => {
        await owned.write(threadId);
        this.#before = await seen(cell, owned);
      },
      ownThread: async () => {
        const own: Config = { ...config, threadId: randomUUID() };
        await (await this.#checkpointer("the owner's", false)).putThread(own);
        return own;
      },
      fresh: () => this.#open({ requireUserId: cell.requireUserId }),
    };
  }

  async #ownedThread(): Promise<OwnedThread> {
    if (this.#owned === undefined) {
      this.#owned = await OwnedThread.make(await this.#checkpointer("the owner's", false));
      this.#before = await this.#owned.portrait();
    }
    return this.#owned;
  }

  async #checkpointer(use: string, requireUserId: boolean): Promise<Checkpointer> {
    const key = `${use} ${requireUserId}`;
    const checkpointer = this.#opened.get(key) ?? (await this.#open({ requireUserId }));
    this.#opened.set(key, checkpointer);
    return checkpointer;
  }
}

/** What must become of a cell, and whether its caller may see and change what the owner has. */
function expectedIn(cell: Cell): readonly [Outcome, boolean] {
  const { method, way, caller, exists, requireUserId } = cell;
  const outcome = way.outcomes[caller][exists ? 0 : 1];
  if (caller === "application" && requireUserId) return [withoutConfig.has(method) ? outcome : "refused", false];
  return [outcome, caller !== "stranger"];
}

/** What of the owner's must be the same afterwards. */
function seen({ warmth }: Cell, owned: OwnedThread): Promise<string> {
  return warmth === "with a draft" ? owned.essence() : owned.portrait();
}

function nameOf({ method, place, caller, exists, warmth, requireUserId }: Cell): string {
  const rules = requireUserId ? " with requireUserId" : "";
  return `${String(method)} (way ${place + 1}) by the ${caller}${rules}, thread ${exists ? "exists" : "absent"}, ${warmth}`;
}
