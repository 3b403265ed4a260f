/** What one side of a comparison did. */
export interface Measured {
  /** Latencies in milliseconds. */
  readonly latenciesMs: number[];
  /** Calls a second, of all callers together. */
  readonly ratePerSecond: number;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A middle, and what one in a hundred exceeds, in milliseconds. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Of latencies in milliseconds. */
export function latencyOf(latenciesMs: readonly number[]): Latency {
  const sorted = latenciesMs.toSorted((one, other) => one - other);
  const p99Ms = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.99) - 1)] ?? Number.NaN;
  return { p50Ms: median(sorted), p99Ms };
}

/** Times one call, in milliseconds. */
export async function timed(call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}

/** Lets so many callers make so many calls each, one after the other. */
export async function load(
  callers: number,
  callsEach: number,
  call: (caller: number, turn: number) => Promise<unknown>,
): Promise<Measured> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let turn = 0; turn < callsEach; turn++) latenciesMs.push(await timed(() => call(caller, turn)));
    }),
  );
  return { latenciesMs, ratePerSecond: (latenciesMs.length * 1000) / (performance.now() - startedAt) };
}

/** What a side did in all rounds. */
export interface Summary extends Latency {
  /** Calls a second, in the middle round. */
  readonly ratePerSecond: number;
}

/** Several rounds of each side in turn, so that whatever else the machine does befalls both alike; the middle round counts, and for the 99th percentile all calls of all rounds. */
export async function sideBySide<Name extends string>(
  rounds: number,
  sides: Readonly<Record<Name, (round: number) => Promise<Measured>>>,
): Promise<Record<Name, Summary>> {
  const names = Object.keys(sides) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<Name, Measured[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) results[name].push(await sides[name](round));
  }
  const summary = names.map((name): [Name, Summary] => [
    name,
    {
      ratePerSecond: median(results[name].map((measured) => measured.ratePerSecond)),
      p50Ms: median(results[name].map((measured) => median(measured.latenciesMs))),
      p99Ms: latencyOf(results[name].flatMap((measured) => measured.latenciesMs)).p99Ms,
    },
  ]);
  return Object.fromEntries(summary) as Record<Name, Summary>;
}

/** Prints a figure beside what was asked of it; a figure that misses makes the script fail at its end. */
export function report(
  what: string,
  value: number,
  limit: { readonly atMost?: number; readonly atLeast?: number },
): void {
  const good = value <= (limit.atMost ?? Infinity) && value >= (limit.atLeast ?? -Infinity);
  const wanted = limit.atMost === undefined ? `≥ ${limit.atLeast}` : `≤ ${limit.atMost}`;
  console.log(`${good ? "ok  " : "MISS"}  ${what}: ${value.toFixed(2)} (wanted ${wanted})`);
  if (!good) process.exitCode = 1;
}
