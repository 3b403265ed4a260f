import { openSync, readFileSync, writeSync } from "node:fs";
import type { Operation, Outcome, ReportedEvent } from "./history.ts";

/** What is known of an operation before it ends. */
export type Invocation = Omit<Operation, "endedMs" | "outcome">;

type Line =
  | { readonly begin: Invocation }
  | { readonly end: number; readonly atMs: number; readonly outcome: Outcome }
  | { readonly event: ReportedEvent };

/** The clock of the records: all processes of a machine share it. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The records of one process, line by line: each is with the operating system before the process goes on, so that a kill loses none. */
export class RecordFile {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  /** An operation begins. */
  begin(invocation: Invocation): void {
    this.#append({ begin: invocation });
  }

  /** The operation of this number has ended. */
  end(number: number, outcome: Outcome): void {
    this.#append({ end: number, atMs: nowMs(), outcome });
  }

  /** The process reports something. */
  event(event: ReportedEvent): void {
    this.#append({ event });
  }

  #append(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

/** What a file holds; the last line may be half written. */
export function readRecordFile(path: string): {
  readonly operations: readonly Operation[];
  readonly events: readonly ReportedEvent[];
} {
  const operations = new Map<number, Operation>();
  const events: ReportedEvent[] = [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  for (const text of lines) {
    const line = JSON.parse(text) as Line;
    if ("event" in line) events.push(line.event);
    else if ("begin" in line)
      operations.set(line.begin.number, {
        ...line.begin,
        endedMs: Number.POSITIVE_INFINITY,
        outcome: { kind: "open" },
      });
    else {
      const begun = operations.get(line.end);
      if (begun === undefined) throw new Error(`${path}: operation ${line.end} ends before it begins`);
      operations.set(line.end, { ...begun, endedMs: line.atMs, outcome: line.outcome });
    }
  }
  return { operations: [...operations.values()], events };
}
