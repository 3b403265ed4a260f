import type { HotLog } from "../../hot/hot-log.ts";

/** What one promise is tried on. */
export interface HotTrial {
  /** A hot log of the trial's own. */
  readonly hotLog: HotLog;
  /** Makes another one over the same storage; it is released when the trial has ended. */
  readonly another: () => Promise<HotLog>;
}

/** What a hot log promises about one subject. */
export interface HotSubject {
  /** What it is about. */
  readonly name: string;
  /** Promises by their sentences, each with what shows that it is kept. */
  readonly promises: Readonly<Record<string, (trial: HotTrial) => Promise<void>>>;
}
