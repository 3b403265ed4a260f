import type { Durability } from "../../src/index.ts";

/** What a worker is told when it is started. */
export interface WorkerSettings {
  /** Unique over restarts. */
  readonly name: string;
  readonly seed: number;
  readonly postgresDsn: string;
  /** Null: it does without the hot layer. */
  readonly redisUrl: string | null;
  readonly schema: string;
  readonly keyPrefix: string;
  readonly durability: Durability;
  readonly maxStalenessMs: number;
  /** How many operations are under way at a time. */
  readonly lanes: number;
  readonly recordPath: string;
}
