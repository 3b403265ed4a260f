import { inTurn, openSides, type Prepared } from "../compare.ts";
import type { Answer, Question, Row } from "../question.ts";
import { openAgenity } from "../sides/agenity.ts";
import { openBare } from "../sides/bare.ts";
import { openLangGraphPostgres, openLangGraphSqlite } from "../sides/langgraph.ts";
import { openMastra } from "../sides/mastra.ts";
import { openSeedPattern } from "../sides/seed-pattern.ts";
import type { Side, Turn } from "../sides/side.ts";
import { conversation } from "../turns.ts";

/** Messages that a conversation has before its turns are measured. */
const SIZES = [10, 100, 800, 3_000, 10_000] as const;
const ROUNDS = { warmUp: 5, counted: 50 } as const;
/** Shorter conversations are begun anew each round, so that one of 10 messages stays one; longer ones go on. */
const BEGUN_ANEW_BELOW = 1_000;

/** What a turn costs in conversations of every length. */
export const growth: Question = {
  name: "growth",
  title: "What does a turn of two messages cost, in conversations of 10 to 10,000 messages?",
  async ask(servers, told): Promise<Answer> {
    await using opened = await openSides(
      servers,
      [openBare, openAgenity, openSeedPattern],
      [openLangGraphPostgres, openLangGraphSqlite, openMastra],
    );
    const said = conversation(Math.max(...SIZES) / 2 + 2 * (ROUNDS.warmUp + ROUNDS.counted));
    const places = SIZES.flatMap((size) => opened.sides.map((side) => ({ size, side, name: `${size} ${side.name}` })));
    told(`${ROUNDS.counted} rounds of ${places.length} conversations`);
    // The sizes take turns as the sides do.
    const latencies = await inTurn(
      ROUNDS,
      Object.fromEntries(places.map(({ size, side, name }) => [name, turnsOf(side, size, said)])),
    );
    const at = (size: number, side: string): number => latencies[`${size} ${side}`]?.p50Ms ?? Number.NaN;
    const rows: Row[] = places.map(({ size, side, name }) => {
      const { p50Ms, p99Ms } = latencies[name] ?? { p50Ms: Number.NaN, p99Ms: Number.NaN };
      return { side: side.name, x: size, value: p50Ms, p99: p99Ms };
    });
    return {
      figures: [
        {
          what: "a turn at 10,000 messages ÷ at 10",
          value: at(10_000, "agenity") / at(10, "agenity"),
          aim: { atMost: 1.2 },
        },
        {
          what: "LangGraph PostgresSaver ÷ agenity, a turn at 800 messages",
          value: at(800, "LangGraph PostgresSaver") / at(800, "agenity"),
          aim: { atLeast: 20 },
        },
      ],
      charts: [{ name: "", unit: "ms for a turn (median)", axis: "messages in the conversation", rows }],
      missing: opened.missing,
    };
  },
};

/** Turns in conversations of a size; each is preceded by one that is not timed. */
function turnsOf(side: Side, size: number, said: readonly Turn[]): Prepared {
  const begun = said.slice(0, size / 2);
  let next = begun.length;
  let take: ((turn: Turn) => Promise<unknown>) | undefined;
  const saidNext = (): Turn => said[next++ % said.length] as Turn; // it is not empty
  return async (round) => {
    if (take === undefined || size < BEGUN_ANEW_BELOW) {
      take = await side.begin(`growth-${size}-${round}`, begun);
      next = begun.length;
    }
    const goOn = take;
    await goOn(saidNext());
    const turn = saidNext();
    return () => goOn(turn);
  };
}
