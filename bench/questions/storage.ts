import { openSides } from "../compare.ts";
import type { Answer, Question, Row } from "../question.ts";
import type { BenchServers } from "../servers.ts";
import { openAgenity } from "../sides/agenity.ts";
import { openBare } from "../sides/bare.ts";
import { openLangGraphPostgres, openLangGraphSqlite } from "../sides/langgraph.ts";
import { openMastra } from "../sides/mastra.ts";
import { openSeedPattern } from "../sides/seed-pattern.ts";
import { conversation } from "../turns.ts";

const TURNS = 1_000;
const MEBIBYTE = 1_048_576;

/** What a long conversation takes on disk. */
export const storage: Question = {
  name: "storage",
  title: `What does a conversation of ${TURNS} turns take on disk, with all of its versions?`,
  async ask(servers, told): Promise<Answer> {
    await using opened = await openSides(
      servers,
      [openBare, openAgenity, openSeedPattern],
      [openLangGraphPostgres, openLangGraphSqlite, openMastra],
    );
    const [first, ...turns] = conversation(TURNS);
    if (first === undefined) throw new Error("there is no conversation");
    const json = [first, ...turns].flat().reduce((sum, message) => sum + JSON.stringify(message).length, 0);
    const rows: Row[] = [{ side: "the messages as JSON", value: json / MEBIBYTE }];
    const written = new Map<string, number>();
    for (const side of opened.sides) {
      told(side.name);
      const before = await side.size();
      const walBefore = await walPosition(servers);
      const take = await side.begin("storage", [first]);
      for (const turn of turns) await take(turn);
      written.set(side.name, (await walPosition(servers)) - walBefore);
      rows.push({ side: side.name, value: ((await side.size()) - before) / MEBIBYTE });
    }
    const of = (name: string): number => (rows.find(({ side }) => side === name)?.value ?? Number.NaN) * MEBIBYTE;
    const wal = [...written]
      .filter(([side]) => !side.includes("Sqlite"))
      .map(([side, bytes]) => ({ side: `${side}: WAL`, value: bytes / MEBIBYTE }));
    return {
      figures: [
        { what: "agenity on disk ÷ the messages as JSON", value: of("agenity") / json, aim: { atMost: 1.3 } },
        {
          what: "agenity's WAL ÷ the messages as JSON",
          value: (written.get("agenity") ?? Number.NaN) / json,
          aim: { atMost: 1.3 },
        },
      ],
      charts: [{ name: "", unit: "MiB on disk", rows: [...rows, ...wal] }],
      missing: opened.missing,
    };
  },
};

async function walPosition({ database }: BenchServers): Promise<number> {
  const { rows } = await database.pool.query<{ bytes: string }>(
    "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as bytes",
  );
  return Number(rows[0]?.bytes);
}
