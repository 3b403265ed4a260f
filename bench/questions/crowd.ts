import { openSides } from "../compare.ts";
import { load, type Measured, sideBySide, type Summary } from "../measure.ts";
import type { Answer, Chart, Question, Row } from "../question.ts";
import { openAgenity, openAgenityWithRedis } from "../sides/agenity.ts";
import { openBareUpsert } from "../sides/bare.ts";
import { openLangGraphPostgres } from "../sides/langgraph.ts";
import { openMastra } from "../sides/mastra.ts";
import { openSeedPattern } from "../sides/seed-pattern.ts";
import type { Side, Turn } from "../sides/side.ts";
import { conversation } from "../turns.ts";

/** How many callers, how often each calls in a round, and the rounds: more where an aim is. */
const CROWDS = [
  { callers: 1, calls: 300, rounds: 3 },
  { callers: 4, calls: 100, rounds: 3 },
  { callers: 16, calls: 40, rounds: 3 },
  { callers: 64, calls: 30, rounds: 7 },
  { callers: 256, calls: 6, rounds: 3 },
  { callers: 1_000, calls: 3, rounds: 3 },
] as const;
type Crowd = (typeof CROWDS)[number];

/** Turns that a conversation has had: how cost grows with it is another question. */
const BEGUN = 5;

interface Measurement extends Summary {
  readonly side: string;
  readonly callers: number;
}

/** How many callers at once are served, each in a conversation of its own. */
export const crowd: Question = {
  name: "crowd",
  title: "How do rate and latency move from 1 to 1,000 callers, through one pool of ten connections?",
  async ask(servers, told): Promise<Answer> {
    await using opened = await openSides(
      servers,
      [openBareUpsert, openAgenity, openAgenityWithRedis, openSeedPattern],
      [openLangGraphPostgres, openMastra],
    );
    const said = conversation(BEGUN + Math.max(...CROWDS.map(({ calls }) => calls)));
    const writes: Measurement[] = [];
    const reads: Measurement[] = [];
    for (const each of CROWDS) {
      told(`${each.callers} callers`);
      writes.push(...(await inCrowd(opened.sides, each, (side) => writing(side, each, said))));
      reads.push(...(await inCrowd(opened.sides, each, (side) => reading(side, each, said))));
    }
    return {
      figures: [...figuresOf("putState", "upsert", writes), ...figuresOf("getState", "select", reads)],
      charts: [...chartsOf("writes", "turns", writes), ...chartsOf("reads", "reads", reads)],
      missing: opened.missing,
    };
  },
};

/** One round of a side. */
type Rounds = (round: number) => Promise<Measured>;

async function inCrowd(
  sides: readonly Side[],
  { callers, rounds }: Crowd,
  roundsOf: (side: Side) => Promise<Rounds>,
): Promise<Measurement[]> {
  const calls: Record<string, Rounds> = {};
  for (const side of sides) {
    calls[side.name] = await roundsOf(side);
    await calls[side.name]?.(-1);
  }
  const measured = await sideBySide(rounds, calls);
  return Object.entries(measured).map(([side, summary]) => ({ ...summary, side, callers }));
}

/** New conversations each round, so that they stay short. */
async function writing(side: Side, { callers, calls }: Crowd, said: readonly Turn[]): Promise<Rounds> {
  return async (round) => {
    const takes = await begin(side, `write-${callers}-${round}`, callers, said);
    return await load(
      callers,
      calls,
      (caller, call) => takes[caller]?.(said[BEGUN + call] as Turn) as Promise<unknown>,
    ); // one for each
  };
}

/** The same conversations each round, which a process that has read them before reads again. */
async function reading(side: Side, { callers, calls }: Crowd, said: readonly Turn[]): Promise<Rounds> {
  await begin(side, `read-${callers}`, callers, said);
  const read = await side.reopen();
  return () => load(callers, calls, (caller) => read(`read-${callers}-${caller}`));
}

function begin(side: Side, prefix: string, callers: number, said: readonly Turn[]) {
  const begun = said.slice(0, BEGUN);
  return Promise.all(Array.from({ length: callers }, (_, caller) => side.begin(`${prefix}-${caller}`, begun)));
}

function figuresOf(call: string, bareCall: string, measured: readonly Measurement[]): Answer["figures"] {
  const at64 = (name: string): Measurement | undefined =>
    measured.find(({ side, callers }) => side === name && callers === 64);
  const [ours, bare] = [at64("agenity"), at64("bare upsert")];
  const ratio = (of: "ratePerSecond" | "p50Ms"): number => (ours?.[of] ?? Number.NaN) / (bare?.[of] ?? Number.NaN);
  return [
    { what: `64 callers: ${call} ÷ bare ${bareCall}, rate`, value: ratio("ratePerSecond"), aim: { atLeast: 2.5 } },
    { what: `64 callers: ${call} ÷ bare ${bareCall}, p50`, value: ratio("p50Ms"), aim: { atMost: 0.4 } },
  ];
}

function chartsOf(name: string, what: string, measured: readonly Measurement[]): Chart[] {
  const axis = "callers at once";
  const rate = measured.map(({ side, callers, ratePerSecond }): Row => ({ side, x: callers, value: ratePerSecond }));
  const latency = measured.map(({ side, callers, p50Ms, p99Ms }): Row => ({
    side,
    x: callers,
    value: p50Ms,
    p99: p99Ms,
  }));
  return [
    { name: `${name}-rate`, unit: `${what} a second`, axis, rows: rate },
    { name: `${name}-latency`, unit: "ms (median)", axis, rows: latency },
  ];
}
