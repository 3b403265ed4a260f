import { openSides } from "../compare.ts";
import { load, type Measured, sideBySide } from "../measure.ts";
import { type Answer, type Question, rowsOf } from "../question.ts";
import { openAgenity, openAgenityWithRedis } from "../sides/agenity.ts";
import { openBareUpsert } from "../sides/bare.ts";
import { openLangGraphPostgres, openLangGraphSqlite } from "../sides/langgraph.ts";
import { openMastra } from "../sides/mastra.ts";
import { openSeedPattern } from "../sides/seed-pattern.ts";
import type { Side, Turn } from "../sides/side.ts";
import { conversation } from "../turns.ts";

const ROUNDS = 15;
const CALLS = 100;
/** Turns that a conversation has had: how cost grows with it is another question. */
const BEGUN = 5;

/** What a write costs whoever is alone. */
export const writes: Question = {
  name: "writes",
  title: "What does one caller wait for a turn of two messages to be durable, in a short conversation?",
  async ask(servers, told): Promise<Answer> {
    await using opened = await openSides(
      servers,
      [openBareUpsert, openAgenity, openAgenityWithRedis, openSeedPattern],
      [openLangGraphPostgres, openLangGraphSqlite, openMastra],
    );
    const said = conversation(BEGUN + CALLS);
    for (const side of opened.sides) await turnsOf(side, "warm-up", said);
    told(`${ROUNDS} rounds of ${CALLS} turns`);
    const measured = await sideBySide(
      ROUNDS,
      Object.fromEntries(opened.sides.map((side) => [side.name, (round) => turnsOf(side, `round-${round}`, said)])),
    );
    const of = (side: string): number => measured[side]?.p50Ms ?? Number.NaN;
    const bare = of("bare upsert");
    return {
      figures: [
        { what: "putState ÷ a bare upsert", value: of("agenity") / bare, aim: { atMost: 1.15 } },
        { what: "putState with Redis ÷ a bare upsert", value: of("agenity with Redis") / bare, aim: { atMost: 1.3 } },
      ],
      charts: [
        {
          name: "",
          unit: "ms for a turn (median)",
          rows: rowsOf(measured),
        },
      ],
      missing: opened.missing,
    };
  },
};

async function turnsOf(side: Side, threadId: string, said: readonly Turn[]): Promise<Measured> {
  const take = await side.begin(threadId, said.slice(0, BEGUN));
  return await load(1, CALLS, (_, call) => take(said[BEGUN + call] as Turn)); // one for each call
}
