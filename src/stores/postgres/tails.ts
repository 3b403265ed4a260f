import type { AnyId, IdKind } from "../../model/config.ts";
import type { Stamp } from "../../model/stamp.ts";
import type { RecentTail, Tail, TailRequest, VersionEntry } from "../cold-store.ts";
import { idIn, nullableTextIn, numberIn, textIn } from "./row-values.ts";
import { withCaller } from "./row-level-security.ts";
import type { Row, SqlDriver } from "./sql-driver.ts";
import type { Statements, TableOptions } from "./statements.ts";

/**
 * Reads tails: those past what the callers know, and whole logs for callers whose copy turns out not to be in the database any more
 * (the thread was deleted and made again, or the database was set back). Under row level security, all are asked for by one user.
 */
export async function readTails(
  driver: SqlDriver,
  statements: Statements,
  requests: readonly TailRequest[],
  { userIdType, rowLevelSecurity }: TableOptions,
): Promise<Tail[]> {
  const asked = requests.map((request) => ({ ...request, known: usable(request) }));
  const answers = await rowsOf(driver, statements, asked, rowLevelSecurity);
  const tails = asked.map((request, index) => tailOf(request.known, answers[index] ?? [], userIdType));
  const lost = tails.flatMap((tail, index) => (tail === undefined ? [index] : []));
  if (lost.length === 0) return tails as Tail[];
  const again = lost.map((index) => ({ ...(asked[index] as TailRequest), known: null })); // an index of asked
  const whole = await rowsOf(driver, statements, again, rowLevelSecurity);
  for (const [place, index] of lost.entries()) tails[index] = tailOf(null, whole[place] ?? [], userIdType);
  return tails as Tail[];
}

/** What is known helps only on the way to something later. */
function usable({ known, version }: TailRequest): Stamp | null {
  return known !== null && (version === null || known.version <= version) ? known : null;
}

async function rowsOf(
  driver: SqlDriver,
  statements: Statements,
  requests: readonly TailRequest[],
  rowLevelSecurity: boolean,
): Promise<Row[][]> {
  const [only] = requests;
  const told = (values: readonly unknown[]): readonly unknown[] =>
    withCaller(values, only?.userId ?? null, rowLevelSecurity);
  if (requests.length === 1 && only !== undefined) {
    const values = [only.threadId, only.userId, only.namespace, only.known?.version ?? null, only.version];
    return [[...(await driver.query(statements.readTail, told(values)))]];
  }
  const values = [
    requests.map((request) => request.threadId),
    requests.map((request) => request.userId),
    requests.map((request) => request.namespace),
    requests.map((request) => request.known?.version ?? null),
    requests.map((request) => request.version),
  ];
  const rows = await driver.query(statements.readTails, told(values));
  const answers: Row[][] = requests.map(() => []);
  for (const row of rows) answers[numberIn(row, "n") - 1]?.push(row);
  return answers;
}

/** Undefined: what the caller knows is not there, so the rows lead nowhere. */
function tailOf(known: Stamp | null, rows: readonly Row[], userIdType: IdKind): Tail | undefined {
  const [first] = rows;
  if (first === undefined) return { incarnation: 0, owner: null, continues: false, entries: [] };
  const incarnation = numberIn(first, "incarnation");
  const owner = idIn(first, "user_id", userIdType);
  const versions = rows.filter((row) => row["version"] !== null);
  if (known === null) return { incarnation, owner, continues: false, entries: versions.map(entryOf) };
  const [base, ...rest] = versions;
  if (base === undefined) return undefined;
  const isKnown =
    incarnation === known.incarnation &&
    numberIn(base, "version") === known.version &&
    textIn(base, "write_id") === known.writeId;
  return isKnown ? { incarnation, owner, continues: true, entries: rest.map(entryOf) } : undefined;
}

/** Rows of many threads, thread by thread → whole tails. */
export function recentTails(rows: readonly Row[], { idType, userIdType }: TableOptions): RecentTail[] {
  const tails: { threadId: AnyId; tail: Tail & { entries: VersionEntry[] } }[] = [];
  for (const row of rows) {
    const threadId = idIn(row, "thread_id", idType) as AnyId; // a primary key
    let last = tails.at(-1);
    if (last?.threadId !== threadId) {
      const tail = tailOf(null, [row], userIdType) as Tail; // nothing was known
      last = { threadId, tail: { ...tail, entries: [] } };
      tails.push(last);
    }
    last.tail.entries.push(entryOf(row));
  }
  return tails;
}

function entryOf(row: Row): VersionEntry {
  return {
    version: numberIn(row, "version"),
    kind: textIn(row, "kind") as VersionEntry["kind"],
    body: nullableTextIn(row, "entry"),
    writeId: textIn(row, "write_id"),
  };
}
