import { seededRandom } from "../../src/conformance/seeded-random.ts";

/** What is done to a link. */
export type LinkFault = "delay" | "cut" | "black hole" | "refuse" | "hold replies" | "swallow a reply";
/** What is done to a process of ours. */
type WorkerFault = "kill -9";
/** What is done to Redis. */
export type RedisFault = "freeze" | "restart empty" | "flush" | "fail over to a lagging replica";
/** What is done to PostgreSQL. */
export type PostgresFault =
  | "freeze"
  | "kill -9"
  | "quit at once"
  | "lock rows"
  | "lock a table"
  | "take all connections"
  | "report a full disk";

/** A fault that is to come. */
export interface PlannedFault<Kind extends string> {
  /** How long after the one before has ended. */
  readonly pauseMs: number;
  readonly kind: Kind;
  readonly lengthMs: number;
}

/** What is to happen to each target, one thing after the other; the targets know nothing of each other. */
export interface FaultPlan {
  readonly workers: readonly {
    readonly postgres: readonly PlannedFault<LinkFault>[];
    readonly redis: readonly PlannedFault<LinkFault>[];
    readonly process: readonly PlannedFault<WorkerFault>[];
  }[];
  readonly redis: readonly PlannedFault<RedisFault>[];
  readonly postgres: readonly PlannedFault<PostgresFault>[];
}

interface Range {
  readonly from: number;
  readonly to: number;
}

const linkFaults = [
  "delay",
  "cut",
  "black hole",
  "refuse",
  "hold replies",
  "swallow a reply",
  "swallow a reply",
] as const;
/** Of those that may lose drafts, there are none in the first half: what was drafted long before must not be lost. */
const keepingRedisFaults = ["freeze"] as const;
const losingRedisFaults = ["freeze", "restart empty", "flush", "fail over to a lagging replica"] as const;
const postgresFaults = [
  "freeze",
  "kill -9",
  "quit at once",
  "lock rows",
  "lock a table",
  "take all connections",
  "report a full disk",
] as const;

/** The same seed and length make the same plan. */
export function planFaults(seed: number, lengthMs: number, workerCount: number): FaultPlan {
  const random = seededRandom(seed);
  const within = ({ from, to }: Range): number => from + random(to - from + 1);
  const series = <Kind extends string>(
    kindsAt: (atMs: number) => readonly Kind[],
    pause: Range,
    length: Range,
  ): PlannedFault<Kind>[] => {
    const planned: PlannedFault<Kind>[] = [];
    for (let atMs = 0; ;) {
      const kinds = kindsAt(atMs);
      const kind = kinds[random(kinds.length)];
      const fault = { pauseMs: within(pause), lengthMs: within(length), kind };
      atMs += fault.pauseMs + fault.lengthMs;
      if (kind === undefined || atMs > lengthMs) return planned;
      planned.push({ ...fault, kind });
    }
  };
  const link = (): PlannedFault<LinkFault>[] =>
    series<LinkFault>(() => linkFaults, { from: 1_000, to: 5_000 }, { from: 50, to: 1_500 });
  const workers = Array.from({ length: workerCount }, () => ({
    postgres: link(),
    redis: link(),
    process: series<WorkerFault>(() => ["kill -9"], { from: 8_000, to: 30_000 }, { from: 0, to: 500 }),
  }));
  return {
    workers,
    redis: series<RedisFault>(
      (atMs) => (atMs > lengthMs / 2 ? losingRedisFaults : keepingRedisFaults),
      { from: 1_000, to: 5_000 },
      { from: 50, to: 2_000 },
    ),
    postgres: series<PostgresFault>(() => postgresFaults, { from: 2_000, to: 7_000 }, { from: 50, to: 1_500 }),
  };
}
