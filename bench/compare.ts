import { type Latency, latencyOf, timed } from "./measure.ts";
import type { BenchServers } from "./servers.ts";
import type { OpenSide, Side } from "./sides/side.ts";

/** Sides that are open, and why others are not. */
export interface OpenedSides extends AsyncDisposable {
  readonly sides: readonly Side[];
  /** Which could not be opened, and why: a peer need not run on every Node.js. */
  readonly missing: readonly string[];
}

/** Opens sides. Ours and the limits must open; a peer that does not is told of. */
export async function openSides(
  servers: BenchServers,
  own: readonly OpenSide[],
  peers: readonly OpenSide[],
): Promise<OpenedSides> {
  const sides: Side[] = [];
  const missing: string[] = [];
  for (const open of own) sides.push(await open(servers));
  for (const open of peers) {
    try {
      sides.push(await open(servers));
    } catch (error) {
      missing.push(`${open.name}: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  return {
    sides,
    missing,
    async [Symbol.asyncDispose]() {
      for (const side of sides) await side[Symbol.asyncDispose]();
    },
  };
}

/** Makes ready, off the clock, and answers the call that is timed. */
export type Prepared = (round: number) => Promise<() => Promise<unknown>>;

/** One call of each in turn, round after round, so that whatever else the machine does befalls all alike. The first rounds are not counted. */
export async function inTurn<Name extends string>(
  rounds: { readonly warmUp: number; readonly counted: number },
  calls: Readonly<Record<Name, Prepared>>,
): Promise<Record<Name, Latency>> {
  const names = Object.keys(calls) as Name[];
  const latencies = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -rounds.warmUp; round < rounds.counted; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const ms = await timed(await calls[name](round));
      if (round >= 0) latencies.get(name)?.push(ms);
    }
  }
  return Object.fromEntries(names.map((name) => [name, latencyOf(latencies.get(name) ?? [])])) as Record<Name, Latency>;
}
