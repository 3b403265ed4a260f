/** A statement of this library: its text comes from a file, never from input. */
export interface Statement {
  /** Unique to the text, for servers that keep prepared statements. */
  readonly name: string;
  /** SQL with `$1` … parameters. */
  readonly text: string;
  /** Plan it anew for its parameters each time: for statements whose best plan depends on which filters are given. */
  readonly replan: boolean;
}

/** One row. Values are what the driver makes of them; read them with `row-values.ts`. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs statements. */
export interface SqlSession {
  /** @throws the driver's own error */
  query(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>;
}

/** A database by whichever driver. */
export interface SqlDriver extends SqlSession {
  /** SQL for the instant of a write. Writes that come one after the other have instants in the same order. */
  readonly now: string;
  /** Runs `work` in one transaction on one connection; rolled back if it throws. */
  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
  /** Whether a statement sent now would have to wait. */
  isBusy(): boolean;
  /** Closes what this driver opened itself. */
  close(): Promise<void>;
}

/**
 * A parameter of type `text[]` whose elements are long: a driver may send it in a form that needs no escaping, on either side. Half of what
 * a group of turns costs would otherwise be spent on the quotes of JSON.
 */
export class LongTexts {
  /** The elements. */
  readonly texts: readonly (string | null)[];

  constructor(texts: readonly (string | null)[]) {
    this.texts = texts;
  }
}
