import { PgCheckpointer } from "../../src/index.ts";
import { openSides } from "../compare.ts";
import { load, type Measured, sideBySide } from "../measure.ts";
import { type Answer, type Question, type Row, rowsOf } from "../question.ts";
import type { BenchServers } from "../servers.ts";
import { openAgenityWithRedis } from "../sides/agenity.ts";
import { openBareRedis } from "../sides/bare.ts";
import { openLangGraphPostgres } from "../sides/langgraph.ts";
import { openMastra } from "../sides/mastra.ts";
import { dropSchema, makeSchema, type Side } from "../sides/side.ts";
import { conversation, stateAfter } from "../turns.ts";

const SIZES = [10, 800, 10_000] as const;
const ROUNDS = 9;
const OURS = "agenity with Redis";
const LIMIT = "bare GET of 20 bytes";
const OWN: readonly string[] = [OURS, "bare GET"];
/** Up to here peers are asked: LangGraph's PostgresSaver takes seconds for a conversation of 10,000 messages. */
const PEERS_UP_TO = 800;
const CROWD = { callers: 64, calls: 60 } as const;
const NEAR = { messages: 1_000, batch: 1_000 } as const;

/** What it costs whoever has read a conversation before, and nothing came since. */
export const reads: Question = {
  name: "reads",
  title: "What does a conversation cost that this process has read before, when nothing came since?",
  async ask(servers, told): Promise<Answer> {
    await using opened = await openSides(
      servers,
      [openAgenityWithRedis, openBareRedis],
      [openLangGraphPostgres, openMastra],
    );
    // When nothing is new there is nothing to say: the limit is the least that Redis can be asked.
    await servers.cache.client.set(`${servers.cache.keyPrefix}small`, "x".repeat(20));
    const bareGet = (): Promise<unknown> => servers.cache.client.get(`${servers.cache.keyPrefix}small`);
    const alone: Row[] = [];
    const crowd: Row[] = [];
    for (const size of SIZES) {
      told(`${size} messages`);
      const readers = new Map<string, Read>([[LIMIT, bareGet]]);
      const asked = opened.sides.filter(({ name }) => size <= PEERS_UP_TO || OWN.includes(name));
      for (const side of asked) readers.set(side.name, await reader(side, size));
      const one = await sideBySide(
        ROUNDS,
        roundsOf(readers, (name) => [1, callsOf(name)]),
      );
      alone.push(...rowsOf(one, size));
      const quick = new Map(Array.from(readers).filter(([name]) => name === LIMIT || name === OURS));
      const many = await sideBySide(
        ROUNDS,
        roundsOf(quick, () => [CROWD.callers, CROWD.calls]),
      );
      crowd.push(...Object.entries(many).map(([side, { ratePerSecond }]) => ({ side, x: size, value: ratePerSecond })));
    }
    told(`${NEAR.messages} messages within nearTtlMs`);
    const nearMs = await nearRead(servers);
    alone.push({ side: "agenity within nearTtlMs", x: NEAR.messages, value: nearMs });
    return {
      figures: [...figuresOf(alone, crowd), { what: "near read, µs", value: nearMs * 1_000, aim: { atMost: 10 } }],
      charts: [
        { name: "", unit: "ms (median)", axis: "messages", rows: alone },
        {
          name: "rate",
          unit: `reads a second, ${CROWD.callers} in flight`,
          axis: "messages",
          rows: crowd,
        },
      ],
      missing: opened.missing,
    };
  },
};

type Read = () => Promise<unknown>;

/** Reads a conversation of so many messages, as a process that has read it before. */
async function reader(side: Side, size: number): Promise<Read> {
  const threadId = `reads-${size}`;
  await side.begin(threadId, conversation(size / 2));
  const read = await side.reopen();
  if ((await read(threadId)) !== size) throw new Error(`${side.name} did not answer all ${size} messages`);
  return () => read(threadId);
}

/** Whoever reads the whole conversation each time takes long enough for few calls to tell. */
function callsOf(name: string): number {
  return name === OURS || name === LIMIT ? 400 : 5;
}

function roundsOf(
  readers: ReadonlyMap<string, Read>,
  sizeOf: (name: string) => readonly [callers: number, calls: number],
): Record<string, () => Promise<Measured>> {
  return Object.fromEntries(Array.from(readers, ([name, read]) => [name, () => load(...sizeOf(name), read)]));
}

/** Milliseconds of a read that asks nobody: so short that many are timed together. */
async function nearRead(servers: BenchServers): Promise<number> {
  const { database, cache } = servers;
  const schema = await makeSchema(servers, "near");
  const hot = { redisUrl: cache.url, keyPrefix: `${cache.keyPrefix}near:`, nearTtlMs: 60_000 };
  await using near = new PgCheckpointer({ pgPool: database.pool, schema, ...hot });
  await near.setup();
  const config = { threadId: "near", userId: "alice" };
  await near.putState(config, stateAfter(NEAR.messages / 2));
  const batch = async (): Promise<void> => {
    for (let call = 0; call < NEAR.batch; call++) await near.getStateCache(config);
  };
  await batch();
  const { ours } = await sideBySide(ROUNDS, { ours: () => load(1, 5, batch) });
  await dropSchema(servers, schema);
  return ours.p50Ms / NEAR.batch;
}

function figuresOf(alone: readonly Row[], crowd: readonly Row[]): Answer["figures"] {
  const ratio = (rows: readonly Row[], size: number): number => {
    const of = (name: string): number => rows.find(({ side, x }) => side === name && x === size)?.value ?? Number.NaN;
    return of(OURS) / of(LIMIT);
  };
  return SIZES.flatMap((size) => [
    { what: `getStateCache ÷ ${LIMIT}, ${size} messages`, value: ratio(alone, size), aim: { atMost: 1.2 } },
    {
      what: `the same with ${CROWD.callers} in flight, rate`,
      value: ratio(crowd, size),
      aim: { atLeast: 0.75 },
    },
  ]);
}
