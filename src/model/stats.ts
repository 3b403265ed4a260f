/** Counts and sizes, in bytes of JSON text as written: before the store compresses it, without indexes. */
export interface SessionStats {
  /** Threads. */
  readonly threads: number;
  /** Messages that `putMessages` or `checkpoint` stored. */
  readonly messages: number;
  /** Versions of states, clears included. */
  readonly versions: number;
  /** Bytes of the states' logs: every version of every state. */
  readonly stateBytes: number;
  /** Bytes of the messages. */
  readonly messageBytes: number;
}
