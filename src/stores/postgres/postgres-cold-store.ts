import { randomUUID } from "node:crypto";
import pRetry from "p-retry";
import type { AnyId } from "../../model/config.ts";
import type * as port from "../cold-store.ts";
import { checkSchema, migrate } from "./migrate.ts";
import { eachCaller, withCaller } from "./row-level-security.ts";
import { idIn, nullableTextIn, numberIn, textIn } from "./row-values.ts";
import type { Row, SqlDriver, Statement } from "./sql-driver.ts";
import { checkpointerError, codeOf, mayRepeat } from "./sql-errors.ts";
import { type Statements, statementsFor, type TableOptions } from "./statements.ts";
import { readTails, recentTails } from "./tails.ts";
import { tagGuard } from "./tag-guard.ts";
import { TurnCommitter } from "./turn-committer.ts";

/** How often a read, a delete or a fork is tried: each is the same when it is done twice. */
const RETRIES = { retries: 9, minTimeout: 20, factor: 3, maxTimeout: 400, randomize: true } as const;

/** Sessions in PostgreSQL, on a server or embedded: the statements are the same. */
export class PostgresColdStore implements port.ColdStore {
  readonly #driver: SqlDriver;
  readonly #tables: TableOptions;
  readonly #statements: Statements;
  readonly #committer: TurnCommitter;
  #ready: Promise<void> | undefined;

  constructor(driver: SqlDriver, tables: TableOptions) {
    this.#driver = driver;
    this.#tables = tables;
    this.#statements = statementsFor(tables, driver.now);
    this.#committer = new TurnCommitter(driver, this.#statements, tables);
  }

  async setup(): Promise<void> {
    await this.#tried(() => migrate(this.#driver, this.#tables));
    // Whether policies hold for this user is asked before the first call: setup() is often another's work.
    this.#ready = this.#tables.rowLevelSecurity ? undefined : Promise.resolve();
  }

  async release(): Promise<void> {
    await this.#driver.close();
  }

  isBusy(): boolean {
    return this.#driver.isBusy();
  }

  async commit(turns: readonly port.Turn[]): Promise<readonly port.TurnOutcome[]> {
    await this.#checked();
    const commit = (own: readonly port.Turn[]): Promise<readonly port.TurnOutcome[]> => this.#committer.commit(own);
    return await (this.#tables.rowLevelSecurity ? eachCaller(turns, commit) : commit(turns));
  }

  async read(requests: readonly port.TailRequest[]): Promise<readonly port.Tail[]> {
    await this.#checked();
    const read = (own: readonly port.TailRequest[]): Promise<readonly port.Tail[]> =>
      this.#tried(() => readTails(this.#driver, this.#statements, own, this.#tables));
    return await (this.#tables.rowLevelSecurity ? eachCaller(requests, read) : read(requests));
  }

  async readRecent(userId: AnyId | null, namespace: string, limit: number): Promise<readonly port.RecentTail[]> {
    const rows = await this.#query(this.#statements.readRecent, [userId, namespace, limit], userId);
    return recentTails(rows, this.#tables);
  }

  async acquireLease(scope: port.Scope, { runId, lease, ttlMs }: port.LeaseRequest): Promise<port.LeaseOutcome> {
    const values = [scope.threadId, scope.userId, runId, lease, ttlMs];
    const [row] = await this.#query(this.#statements.acquireLease, values, scope.userId).catch(
      async (error: unknown) => {
        // Behind a wall the server refuses to touch another user's thread, with the code that it has for a missing right.
        if (codeOf((error as Error).cause) === "42501" && (await this.#isAnothers(scope))) return [];
        throw error;
      },
    );
    if (row === undefined && (await this.#isAnothers(scope))) return { kind: "denied" };
    // A thread that comes or goes at this moment is as good as one that somebody has for a moment.
    if (row === undefined) return { kind: "held", restMs: 0 };
    if (numberIn(row, "acquired") === 1) return { kind: "acquired" };
    const isStranger = scope.userId !== null && idIn(row, "user_id", this.#tables.userIdType) !== scope.userId;
    return isStranger ? { kind: "denied" } : { kind: "held", restMs: Math.max(0, numberIn(row, "rest_ms")) };
  }

  async renewLease(scope: port.Scope, lease: string, ttlMs: number): Promise<boolean> {
    const rows = await this.#query(
      this.#statements.renewLease,
      [scope.threadId, scope.userId, lease, ttlMs],
      scope.userId,
    );
    return rows.length > 0;
  }

  async holdsLease(scope: port.Scope, lease: string): Promise<boolean> {
    return (
      (await this.#query(this.#statements.holdsLease, [scope.threadId, scope.userId, lease], scope.userId)).length > 0
    );
  }

  async requestStop(scope: port.Scope, runId: string | null): Promise<boolean> {
    return (
      (await this.#query(this.#statements.requestStop, [scope.threadId, scope.userId, runId], scope.userId)).length > 0
    );
  }

  async isStopRequested(scope: port.Scope, runId: string | null): Promise<boolean> {
    return (
      (await this.#query(this.#statements.stopRequested, [scope.threadId, scope.userId, runId], scope.userId)).length >
      0
    );
  }

  async listVersions(scope: port.Scope, query: port.VersionQuery): Promise<readonly port.VersionRow[]> {
    const { before, limit, metadata } = query;
    const values = [scope.threadId, scope.userId, scope.namespace, before, limit, metadata, tagGuard(metadata)];
    const rows = await this.#query(this.#statements.listVersions, values, scope.userId);
    return rows.map((row) => ({
      version: numberIn(row, "version"),
      kind: textIn(row, "kind") as port.VersionRow["kind"],
      metadata: textIn(row, "metadata"),
      createdAtMs: numberIn(row, "created_at_ms"),
    }));
  }

  async getMessage(scope: port.Scope, messageId: string): Promise<string | null> {
    const [row] = await this.#query(
      this.#statements.getMessage,
      [scope.threadId, scope.userId, messageId],
      scope.userId,
    );
    return row === undefined ? null : textIn(row, "body");
  }

  async listMessages(scope: port.Scope, query: port.MessageQuery): Promise<readonly string[]> {
    const { search, roles, sinceMs, untilMs, after, before, limit, offset } = query;
    const values = [scope.threadId, scope.userId, search, roles, sinceMs, untilMs, after, before, limit, offset];
    const { listMessagesAscending, listMessagesDescending } = this.#statements;
    const rows = await this.#query(
      query.descending ? listMessagesDescending : listMessagesAscending,
      values,
      scope.userId,
    );
    return rows.map((row) => textIn(row, "body"));
  }

  async deleteMessage(scope: port.Scope, messageId: string, lease: string | null): Promise<boolean> {
    // One id for all tries: the one that comes after a lost answer knows by it that the message is deleted already.
    const values = [scope.threadId, scope.userId, messageId, randomUUID(), lease];
    const rows = await this.#query(this.#statements.deleteMessage, values, scope.userId);
    return rows.length > 0;
  }

  async getThread(scope: port.Scope): Promise<port.ThreadRow | null> {
    const [row] = await this.#query(this.#statements.getThread, [scope.threadId, scope.userId], scope.userId);
    return row === undefined ? null : this.#threadRow(row);
  }

  async listThreads(userId: AnyId | null, query: port.ThreadQuery): Promise<readonly port.ThreadRow[]> {
    const { search, metadata, after, before, limit, offset } = query;
    const rows = await this.#query(
      this.#statements.listThreads,
      [userId, search, metadata, after, before, limit, offset, tagGuard(metadata)],
      userId,
    );
    return rows.map((row) => this.#threadRow(row));
  }

  async deleteThread(scope: port.Scope, writeId: string, lease: string | null): Promise<port.DeletedThread | null> {
    await this.#checked();
    const { lockThread, deleteThread, findDeletion } = this.#statements;
    return await this.#tried(() =>
      this.#driver.transaction(async (session) => {
        const told = (values: readonly unknown[]): readonly unknown[] => this.#told(values, scope.userId);
        const locked = await session.query(lockThread, told([scope.threadId, scope.userId, lease]));
        if (locked.length > 0) {
          return deletedThread((await session.query(deleteThread, told([scope.threadId, writeId])))[0]);
        }
        // Its first reply may have been lost.
        const deletion = deletionIn((await session.query(findDeletion, [scope.threadId]))[0]);
        return deletion?.writeId === writeId ? { incarnation: deletion.incarnation, namespaces: [] } : null;
      }),
    );
  }

  async findDeletion(threadId: AnyId): Promise<port.Deletion | null> {
    await this.#checked();
    return await this.#tried(async () =>
      deletionIn((await this.#driver.query(this.#statements.findDeletion, [threadId]))[0]),
    );
  }

  async forkThread(request: port.ForkRequest): Promise<port.ForkOutcome> {
    const { from, incarnation, to, version, owner, writeId } = request;
    const values = [from.threadId, from.userId, from.namespace, to, version, owner, writeId, incarnation];
    const [row] = await this.#query(this.#statements.forkThread, values, from.userId);
    if (row === undefined || numberIn(row, "sources") === 0) return "source-missing";
    if (numberIn(row, "versions") === 0) return "version-missing";
    return numberIn(row, "copies") === 0 ? "target-exists" : "forked";
  }

  async stats(userId: AnyId | null, threadId: AnyId | null): Promise<port.StoreStats> {
    const [row] = await this.#query(this.#statements.stats, [userId, threadId], userId);
    const of = (column: string): number => (row === undefined ? 0 : numberIn(row, column));
    return {
      threads: of("threads"),
      messages: of("messages"),
      versions: of("versions"),
      stateBytes: of("state_bytes"),
      messageBytes: of("message_bytes"),
    };
  }

  /** @param userId - who asks; null: the application */
  async #query(statement: Statement, values: readonly unknown[], userId: AnyId | null): Promise<readonly Row[]> {
    await this.#checked();
    return await this.#tried(() => this.#driver.query(statement, this.#told(values, userId)));
  }

  #told(values: readonly unknown[], userId: AnyId | null): readonly unknown[] {
    return withCaller(values, userId, this.#tables.rowLevelSecurity);
  }

  /** Whether a thread that a user cannot see behind the wall is another user's. */
  async #isAnothers(scope: port.Scope): Promise<boolean> {
    if (!this.#tables.rowLevelSecurity) return false;
    const thread = await this.getThread({ ...scope, userId: null });
    return thread !== null && thread.userId !== scope.userId;
  }

  /** Once a process: a library must not write into tables that it does not know. */
  async #checked(): Promise<void> {
    if (this.#ready === undefined) {
      const check = this.#tried(() => checkSchema(this.#driver, this.#tables));
      this.#ready = check;
      check.catch(() => {
        if (this.#ready === check) this.#ready = undefined;
      });
    }
    await this.#ready;
  }

  async #tried<T>(work: () => Promise<T>): Promise<T> {
    try {
      // The first try is the only one, nearly always: the machinery that repeats costs it nothing.
      return await work();
    } catch (error) {
      if (!mayRepeat(error)) throw checkpointerError(error);
    }
    try {
      return await pRetry(work, { ...RETRIES, shouldRetry: ({ error }) => mayRepeat(error) });
    } catch (error) {
      throw checkpointerError(error);
    }
  }

  #threadRow(row: Row): port.ThreadRow {
    return {
      threadId: idIn(row, "thread_id", this.#tables.idType) as AnyId, // a primary key
      userId: idIn(row, "user_id", this.#tables.userIdType),
      threadName: nullableTextIn(row, "thread_name"),
      metadata: textIn(row, "metadata"),
      runId: nullableTextIn(row, "run_id"),
      createdAtMs: numberIn(row, "created_at_ms"),
      updatedAtMs: numberIn(row, "updated_at_ms"),
    };
  }
}

function deletedThread(row: Row | undefined): port.DeletedThread | null {
  if (row === undefined) return null;
  const namespaces = JSON.parse(nullableTextIn(row, "namespaces") ?? "[]") as string[];
  return { incarnation: numberIn(row, "incarnation"), namespaces };
}

function deletionIn(row: Row | undefined): port.Deletion | null {
  return row === undefined ? null : { incarnation: numberIn(row, "incarnation"), writeId: textIn(row, "write_id") };
}
