import { LRUCache } from "lru-cache";
import pRetry from "p-retry";
import type { AnyId } from "../../model/config.ts";
import { StorageUnavailableError } from "../../model/errors.ts";
import type { CheckpointerError } from "../../model/errors.ts";
import type { Turn, TurnOutcome } from "../cold-store.ts";
import { withCaller } from "./row-level-security.ts";
import { idIn, numberIn } from "./row-values.ts";
import type { Row, SqlDriver } from "./sql-driver.ts";
import { checkpointerError, isLostReply, mayRepeat } from "./sql-errors.ts";
import type { Statements, TableOptions } from "./statements.ts";
import { commitTurnsValues, inThreadOrder, isPlainState, putStatesValues, putStateValues } from "./turn-values.ts";

/**
 * How often a turn is tried. A race is won by somebody each time; a server that restarts is back within seconds or not at all, and the longest
 * pause is what a caller still waits when it is back.
 */
const RETRIES = { retries: 12, minTimeout: 10, factor: 3, maxTimeout: 400, randomize: true } as const;

/** How long a thread whose turn made a shared statement fail travels alone, in milliseconds. */
const SUSPICION_MS = 30_000;

/** Another try may find another answer: what the turn met is gone already. */
class TryAgain extends Error {}

/** Commits turns: in one statement where they travel together, and one by one where that statement fails. */
export class TurnCommitter {
  readonly #driver: SqlDriver;
  readonly #statements: Statements;
  readonly #tables: TableOptions;
  readonly #suspects = new LRUCache<AnyId, true>({ max: 1_000, ttl: SUSPICION_MS });

  constructor(driver: SqlDriver, statements: Statements, tables: TableOptions) {
    this.#driver = driver;
    this.#statements = statements;
    this.#tables = tables;
  }

  /** Outcomes in the order of the turns. Under row level security, all are one user's. */
  async commit(turns: readonly Turn[]): Promise<readonly TurnOutcome[]> {
    const [only] = turns;
    if (turns.length === 1 && only !== undefined) return [await this.#commitOne(only)];
    const together = turns.filter((turn) => !this.#suspects.has(turn.threadId));
    const accepted = together.length > 1 ? this.#commitTogether(together) : undefined;
    return await Promise.all(
      turns.map(async (turn) => {
        if (accepted === undefined || this.#suspects.has(turn.threadId)) return await this.#commitOne(turn);
        const incarnations = await accepted;
        return incarnations === undefined
          ? await this.#commitSuspect(turn)
          : await this.#outcome(turn, incarnations.get(turn));
      }),
    );
  }

  /** The incarnations of those that were accepted; undefined: the statement failed, so nothing of any of them was written. */
  async #commitTogether(turns: readonly Turn[]): Promise<ReadonlyMap<Turn, number> | undefined> {
    try {
      return await this.#send(inThreadOrder(turns, this.#tables.idType));
    } catch {
      // Whatever it was, it may be the fault of one of them: each is tried again by itself and gets an outcome of its own.
      return undefined;
    }
  }

  /** Whoever fails by himself too will probably fail again, and travels alone for a while: his neighbours must not pay for him. */
  async #commitSuspect(turn: Turn): Promise<TurnOutcome> {
    const outcome = await this.#commitOne(turn);
    if (outcome.kind === "failed") this.#suspects.set(turn.threadId, true);
    return outcome;
  }

  async #outcome(turn: Turn, incarnation: number | undefined): Promise<TurnOutcome> {
    if (incarnation !== undefined) return { kind: "committed", incarnation };
    try {
      return await this.#whyRefused(turn);
    } catch (error) {
      return error instanceof TryAgain ? await this.#commitOne(turn) : failed(error);
    }
  }

  /** The first try is made without the machinery that repeats: it is the only one, nearly always. */
  async #commitOne(turn: Turn): Promise<TurnOutcome> {
    try {
      return await this.#tryOnce(turn);
    } catch (error) {
      return isWorthATry(error) ? await this.#commitAgain(turn, isLostReply(error)) : failed(error);
    }
  }

  async #tryOnce(turn: Turn): Promise<TurnOutcome> {
    const incarnation = (await this.#send([turn])).get(turn);
    return incarnation === undefined ? await this.#whyRefused(turn) : { kind: "committed", incarnation };
  }

  /** @param replyLost - whether the turn may be there already */
  async #commitAgain(turn: Turn, replyLost: boolean): Promise<TurnOutcome> {
    let mayBeThere = replyLost;
    try {
      return await pRetry(
        async () => {
          // A turn whose reply was lost may be there: asked first, because sending it again could undo what others wrote since.
          // Behind a wall, another user's thread is not seen but run into.
          if (mayBeThere || this.#tables.rowLevelSecurity) {
            const found = await this.#find(turn);
            if (found?.written === true) return { kind: "committed", incarnation: found.incarnation };
            if (found !== undefined && isStrangers(turn, found)) return { kind: "denied" };
          }
          try {
            return await this.#tryOnce(turn);
          } catch (error) {
            mayBeThere ||= isLostReply(error);
            throw error;
          }
        },
        { ...RETRIES, shouldRetry: ({ error }) => isWorthATry(error) },
      );
    } catch (error) {
      return failed(error);
    }
  }

  /** The incarnations of the turns that were accepted. */
  async #send(turns: readonly Turn[]): Promise<ReadonlyMap<Turn, number>> {
    const [first] = turns;
    if (turns.length === 1 && first !== undefined && isPlainState(first)) {
      const rows = await this.#query("putState", putStateValues(first), first.userId);
      return new Map(rows.map((row) => [first, numberIn(row, "incarnation")]));
    }
    const userId = first?.userId ?? null;
    const rows = turns.every(isPlainState)
      ? await this.#query("putStates", putStatesValues(turns), userId)
      : await this.#query("commitTurns", commitTurnsValues(turns), userId);
    return new Map(rows.map((row) => [turns[numberIn(row, "n") - 1] as Turn, numberIn(row, "incarnation")])); // n is one of ours
  }

  async #whyRefused(turn: Turn): Promise<TurnOutcome> {
    const found = await this.#find(turn);
    if (found === undefined) {
      if (turn.lease !== null) return { kind: "unleased" };
      // The thread was deleted a moment ago: what needs none makes it anew.
      if (turn.state === null || turn.state.base === null) throw new TryAgain("the thread is gone");
      return { kind: "conflict", actual: 0 };
    }
    if (found.written) return { kind: "committed", incarnation: found.incarnation };
    if (isStrangers(turn, found)) return { kind: "denied" };
    if (!found.leased) return { kind: "unleased" };
    if (turn.state === null) throw new TryAgain("the thread was made a moment ago");
    return { kind: "conflict", actual: found.head };
  }

  async #find(turn: Turn): Promise<FoundTurn | undefined> {
    // By its last version: others may have committed those before it, each under the same write id, in a shorter turn.
    const lastVersion = turn.state === null ? null : (turn.state.base?.version ?? 0) + turn.state.entries.length;
    const lastWriteId = turn.state?.entries.at(-1)?.writeId ?? null;
    const values = [turn.threadId, turn.namespace, lastVersion, lastWriteId, turn.writeId, turn.lease];
    // As the application: that a thread is another user's is what he is told.
    const [row] = await this.#query("findTurn", values, null);
    return row === undefined ? undefined : this.#readFound(row);
  }

  #query(name: keyof Statements, values: readonly unknown[], userId: AnyId | null): Promise<readonly Row[]> {
    return this.#driver.query(this.#statements[name], withCaller(values, userId, this.#tables.rowLevelSecurity));
  }

  #readFound(row: Row): FoundTurn {
    return {
      owner: idIn(row, "user_id", this.#tables.userIdType),
      incarnation: numberIn(row, "incarnation"),
      head: row["head"] === null ? 0 : numberIn(row, "head"),
      written: numberIn(row, "written") === 1,
      leased: numberIn(row, "leased") === 1,
    };
  }
}

interface FoundTurn {
  readonly owner: ReturnType<typeof idIn>;
  readonly incarnation: number;
  readonly head: number;
  readonly written: boolean;
  /** Whether the lease is held under which it was to be written; true without one. */
  readonly leased: boolean;
}

/** Whether a user's turn meets a thread that is not his. */
function isStrangers(turn: Turn, found: FoundTurn): boolean {
  return turn.userId !== null && found.owner !== turn.userId;
}

function isWorthATry(error: unknown): boolean {
  return error instanceof TryAgain || mayRepeat(error);
}

function failed(error: unknown): TurnOutcome {
  const known =
    error instanceof TryAgain
      ? new StorageUnavailableError("the thread is being deleted and made anew again and again; try again")
      : checkpointerError(error);
  return { kind: "failed", error: known as CheckpointerError };
}
