import { migrations } from "../../../src/generated/sql.ts";
import { fillNames } from "../../../src/stores/postgres/statements.ts";
import type { Database } from "./database.ts";

/** Makes the tables as a library did that knew the migrations up to a version, and no later ones. */
export async function makeTables(database: Database, tablePrefix: string, version: number): Promise<void> {
  const options = {
    schema: database.schema,
    tablePrefix,
    idType: "string",
    userIdType: "string",
    rowLevelSecurity: false,
  } as const;
  const run = (text: string): Promise<unknown> => database.rows(fillNames(text, options));
  await run("create schema if not exists {{schema}}");
  await run(
    "create table {{migrations}} (version integer primary key, name text not null, applied_at timestamptz default now())",
  );
  for (const migration of migrations.filter((each) => each.version <= version)) {
    await run(migration.text);
    await run(`insert into {{migrations}} (version, name) values (${migration.version}, '${migration.name}')`);
  }
}

/** Rows that the first release wrote, column by column: what has been stored once must be readable for ever. */
export async function fillTables(database: Database, tablePrefix: string): Promise<void> {
  const options = {
    schema: database.schema,
    tablePrefix,
    idType: "string",
    userIdType: "string",
    rowLevelSecurity: false,
  } as const;
  for (const text of ROWS) await database.rows(fillNames(text, options));
}

/** JSON text as the first release wrote it, in a literal of SQL. */
function json(text: string): string {
  return `$json$${text}$json$`;
}

const NOTE = String.raw`[["when",{"$":"date","v":7}],["map",{"$":"map","v":[["k",{"$":"bigint","v":"1"}]]}],["$","mine"],["text","\u0000 \ud83d"],["u",{"$":"undefined","v":0}],["z",{"$":"number","v":"-0"}],["__proto__",{"lc":1}]]`;
const SAID = String.raw`{"timestamp":1000,"role":"user","messageId":"m 1","content":[{"type":"text","text":"hi \u0000 \ud83d"}]}`;
const SNAPSHOT = `{"context":[],"contextSummary":null,"executionMeta":{"step":0,"status":"running"},"note":{"$":"object","v":${NOTE}}}`;
const DELTA = `{"set":{"contextSummary":"S"},"del":["note"],"splice":{"context":[0,0,[${SAID}]]}}`;
const MESSAGE = String.raw`{"timestamp":1000,"role":"user","messageId":"m 1","metadata":{"$":"object","v":[["$",[{"$":"bigint","v":"1"}]]]},"content":[{"type":"text","text":"hi \u0000 \ud83d ﬁ"}]}`;
const BARE = `{"role":"tool","messageId":"Ä'\\"","content":[]}`;

const ROWS = [
  `insert into {{threads}}
     (thread_id, user_id, incarnation, thread_name, name_search, metadata, metadata_search, run_id, next_seq, created_at, updated_at)
   overriding system value values
     ('t', 'ü', 41, 'ÄÖ ﬁ', 'äö fi', ${json('{"d":{"$":"date","v":9},"k":{"$":"text","v":"0000"},"list":[1,{"a":"b"}]}')},
      '{"d":"","k":"�","list":"1\\nb"}', 'run', 9, '2001-01-01T00:00:00.001Z', '2002-01-01T00:00:00.002Z'),
     ('nobody''s', null, 42, null, '', '{}', '{}', null, 2, '2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z')`,
  // The next incarnation must not be one that was given away.
  "alter table {{threads}} alter column incarnation restart with 43",
  `insert into {{states}} (thread_id, namespace, version, kind, entry, write_id, metadata, last_seq) values
     ('t', 'plan ''ner', 1, 'snapshot', ${json(SNAPSHOT)}, '00000000-0000-4000-8000-000000000001', '{}', 1),
     ('t', 'plan ''ner', 2, 'delta', ${json(DELTA)}, '00000000-0000-4000-8000-000000000002', '{"step":{"$":"bigint","v":"1"}}', 2),
     ('t', 'done', 1, 'snapshot', ${json(SNAPSHOT)}, '00000000-0000-4000-8000-000000000003', '{}', 3),
     ('t', 'done', 2, 'clear', null, '00000000-0000-4000-8000-000000000004', '{}', 4),
     ('nobody''s', '', 1, 'snapshot', ${json(SNAPSHOT)}, '00000000-0000-4000-8000-000000000005', '{}', 1)`,
  `insert into {{messages}} (thread_id, message_id, seq, role, body, search_text, sent_at_ms, write_id) values
     ('t', 'm 1', 5, 'user', ${json(MESSAGE)}, 'hi � � fi', 1000, '00000000-0000-4000-8000-000000000006'),
     ('t', 'Ä''"', 7, 'tool', ${json(BARE)}, '', null, '00000000-0000-4000-8000-000000000007')`,
  `insert into {{tombstones}} (thread_id, incarnation, write_id)
   values ('gone', 40, '00000000-0000-4000-8000-000000000008')`,
];
