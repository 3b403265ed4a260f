/** Exit statuses of the program. */
export const exitStatus = {
  /** All that was asked for was done. */
  done: 0,
  /** Something was not: a line was not stored, a thread does not exist, the store cannot be reached. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
} as const;

/** An error to be told to the person at the terminal in one sentence, without a stack. */
export class CliError extends Error {
  /** What the program ends with. */
  readonly status: number;

  constructor(message: string, status: number = exitStatus.failed) {
    super(message);
    this.name = "CliError";
    this.status = status;
  }
}
