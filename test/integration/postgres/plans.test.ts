import { beforeAll, describe, expect, test } from "vitest";
import { createState, Message } from "../../../src/index.ts";
import { type Checkpointer, Database } from "./database.ts";
import { everyRead, everyWrite } from "./every-call.ts";

const database = new Database(import.meta.url);

/** A node of a plan, as the server tells it. */
interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly "Actual Rows"?: number;
  readonly "Actual Loops"?: number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly PlanNode[];
}

/** A checkpointer, and the plans by which the server has really run what it sent. */
interface Observed {
  readonly checkpointer: Checkpointer;
  /** All nodes of the plans that a call takes. */
  readonly plansOf: (call: () => Promise<unknown>) => Promise<PlanNode[]>;
}

const auto = { plan_cache_mode: "auto" };
/** Plans that are made without looking at the values, as a prepared statement's are after some calls. */
const generic = { plan_cache_mode: "force_generic_plan" };

function observe(tablePrefix: string, settings: Readonly<Record<string, string>>): Observed {
  const explain = {
    session_preload_libraries: "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
    "auto_explain.log_level": "notice",
  };
  const pool = database.pool({ connectionString: database.dsn({ settings: { ...explain, ...settings } }), max: 1 });
  const plans: PlanNode[] = [];
  pool.on("connect", (client) =>
    client.on("notice", ({ message = "" }) => {
      const [, json] = message.split("plan:\n");
      if (json !== undefined) plans.push(...flat((JSON.parse(json) as { Plan: PlanNode }).Plan));
    }),
  );
  return {
    checkpointer: database.open({ pgPool: pool, tablePrefix }),
    plansOf: async (call) => {
      plans.length = 0;
      await call();
      return [...plans];
    },
  };
}

function flat(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)];
}

/** The scans of a table that were really run. */
function scansOf(nodes: readonly PlanNode[], table: string): PlanNode[] {
  const scans = nodes.filter((node) => node["Relation Name"]?.endsWith(table) && node["Node Type"].includes("Scan"));
  return scans.filter((node) => (node["Actual Loops"] ?? 0) > 0);
}

/** Rows that the server looked at in our tables. */
function rowsRead(nodes: readonly PlanNode[]): number {
  const counts = scansOf(nodes, "").map((node) => {
    const each = (node["Actual Rows"] ?? 0) + (node["Rows Removed by Filter"] ?? 0);
    return each * (node["Actual Loops"] ?? 1);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A state's rows: a snapshot and up to 19 deltas on it, twice (to find where it begins, and to read it), and a few more. */
const MOST_ROWS = 50;

const deep = { threadId: "deep", userId: "user-7" };

beforeAll(async () => {
  await setUp("full_");
  await fill("full_");
  const checkpointer = database.open({ tablePrefix: "full_" });
  const messages = Array.from({ length: 3_000 }, (_, index) => Message.text(`${index}`, { messageId: `m${index}` }));
  await checkpointer.checkpoint(deep, { state: createState(), messages });
  await database.rows(
    `insert into ${database.schema}.full_states (thread_id, namespace, version, kind, entry, write_id, last_seq)
     select thread_id, namespace, number, case number % 20 when 1 then kind else 'delta' end,
       case number % 20 when 1 then entry else '{}' end, gen_random_uuid(), last_seq
     from ${database.schema}.full_states, generate_series(2, 3000) as number where thread_id = $1`,
    [deep.threadId],
  );
  await analyze("full_");
}, 120_000);

async function setUp(tablePrefix: string): Promise<void> {
  await database.open({ tablePrefix }).setup();
  // What the server knows of the tables is part of the test, so it may not look at them by itself.
  for (const name of ["threads", "states", "messages"]) {
    await database.rows(`alter table ${database.schema}.${tablePrefix}${name} set (autovacuum_enabled = off)`);
  }
}

/** 20,000 threads, each with a state and a message. */
async function fill(tablePrefix: string): Promise<void> {
  const tables = `${database.schema}.${tablePrefix}`;
  const numbers = "generate_series(1, 20000) as number";
  await database.rows(
    `insert into ${tables}threads (thread_id, user_id, next_seq)
     select 'thread-' || number, 'user-' || number % 500, 10 from ${numbers}`,
  );
  await database.rows(
    `insert into ${tables}states (thread_id, namespace, version, kind, entry, write_id, last_seq)
     select 'thread-' || number, '', 1, 'snapshot', '{"context":[]}', gen_random_uuid(), 0 from ${numbers}`,
  );
  await database.rows(
    `insert into ${tables}messages (thread_id, message_id, seq, role, body, search_text, write_id)
     select 'thread-' || number, 'm', 1, 'user', '{}', 'said', gen_random_uuid() from ${numbers}`,
  );
}

async function analyze(tablePrefix: string): Promise<void> {
  const tables = ["threads", "states", "messages"].map((name) => `${database.schema}.${tablePrefix}${name}`);
  await database.rows(`analyze ${tables.join(", ")}`);
}

/** Every call but those that look at all that a user has, alone and in groups. */
function callsOn(checkpointer: Checkpointer, threadId: string): Readonly<Record<string, () => Promise<unknown>>> {
  const reads = Object.entries(everyRead(checkpointer, threadId)).filter(
    ([name]) => !/^(listThreads|warmCache|stats)$/.test(name),
  );
  const group = Array.from({ length: 40 }, (_, index) => ({ threadId: `${threadId} ${index}` }));
  const together = (call: (config: { readonly threadId: string }) => Promise<unknown>) => () =>
    Promise.all(group.map(call));
  return {
    "a first turn": () =>
      checkpointer.checkpoint({ threadId }, { state: createState(), messages: [Message.text("x")] }),
    "a group of first turns": together((config) => checkpointer.putState(config, createState())),
    "a group of states": together((config) => checkpointer.putState(config, createState({ note: 1 }))),
    "a group of turns": together((config) => checkpointer.putMessages(config, [Message.text("x")])),
    "a group of reads": together((config) => checkpointer.getState(config)),
    ...Object.fromEntries(reads),
    ...everyWrite(checkpointer, threadId),
  };
}

/** The tables that were read from end to end, by the names of the calls that did it. */
async function readWhole({ checkpointer, plansOf }: Observed, threadId: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(callsOn(checkpointer, threadId))) {
    const nodes = await plansOf(call);
    expect(nodes, name).not.toEqual([]);
    const scans = nodes.filter((node) => node["Node Type"] === "Seq Scan").map((node) => node["Relation Name"]);
    if (scans.length > 0) found[name] = [...new Set(scans)];
  }
  return found;
}

describe("no call but a list of all threads reads a table from end to end", () => {
  test("by plans that are made for its values", async () => {
    const observed = observe("full_", auto);
    await observed.checkpointer.getThread(deep);
    expect(await readWhole(observed, "for these values")).toEqual({});
  });

  test("by plans that are made for all values", async () => {
    const observed = observe("full_", generic);
    await observed.checkpointer.getThread(deep);
    expect(await readWhole(observed, "for all values")).toEqual({});
  });

  test("by plans that were made when there was nothing to look at, once the server has looked again", async () => {
    await setUp("empty_");
    const observed = observe("empty_", generic);
    await observed.checkpointer.getThread(deep);
    // A table of nothing is read as fast as its index, so this is what the plans may do as yet.
    await readWhole(observed, "early");
    await fill("empty_");
    await analyze("empty_");
    expect(await readWhole(observed, "late")).toEqual({});
  });
});

describe.each([
  ["for these values", auto],
  ["for all values", generic],
])("in a long conversation among many, by plans that are made %s", (_, settings) => {
  test("a known state is found unchanged by looking at its newest version alone", async () => {
    const { checkpointer, plansOf } = observe("full_", settings);
    await checkpointer.getState(deep);
    const nodes = await plansOf(() => checkpointer.getState(deep));
    const [scan] = scansOf(nodes, "states");
    expect(scan).toMatchObject({ "Index Name": "full_states_pkey" });
    expect(scan?.["Index Cond"]).toContain("version >=");
    expect(rowsRead(nodes)).toBeLessThanOrEqual(3);
  });

  test("an unknown state is read from its last snapshot, whatever lies before it", async () => {
    const { checkpointer, plansOf } = observe("full_", settings);
    await checkpointer.getThread(deep);
    const alone = await plansOf(() => checkpointer.getState(deep));
    expect(rowsRead(alone)).toBeLessThanOrEqual(MOST_ROWS);
    const fresh = observe("full_", settings);
    const others = Array.from({ length: 20 }, (__, index) => ({ threadId: `thread-${index + 1}` }));
    const together = await fresh.plansOf(() =>
      Promise.all([...others, deep].map((config) => fresh.checkpointer.getState(config))),
    );
    expect(rowsRead(together)).toBeLessThanOrEqual(MOST_ROWS + 5 * others.length);
  });

  test("a version of long ago is read from the snapshot below it", async () => {
    const { checkpointer, plansOf } = observe("full_", settings);
    await checkpointer.getThread(deep);
    const nodes = await plansOf(() => checkpointer.getState(deep, { version: 1_500 }));
    expect(rowsRead(nodes)).toBeLessThanOrEqual(MOST_ROWS);
  });

  test("a refused write finds out why without looking at the history", async () => {
    const { checkpointer, plansOf } = observe("full_", settings);
    await checkpointer.getThread(deep);
    const nodes = await plansOf(() =>
      checkpointer.putState(deep, createState(), { ifVersion: 0 }).catch((error: unknown) => error),
    );
    expect(rowsRead(nodes)).toBeLessThanOrEqual(MOST_ROWS);
  });

  test("a message is found through the primary key", async () => {
    const { checkpointer, plansOf } = observe("full_", settings);
    await checkpointer.getThread(deep);
    const nodes = await plansOf(() => checkpointer.getMessage(deep, "m2500"));
    expect(scansOf(nodes, "messages")).toMatchObject([{ "Index Name": "full_messages_pkey" }]);
    expect(rowsRead(nodes)).toBe(2);
  });

  test("a write looks at what it adds to, not at what lies below", async () => {
    const { checkpointer, plansOf } = observe("full_", settings);
    const state = (await checkpointer.getState(deep)) ?? createState();
    const put = await plansOf(() => checkpointer.putState(deep, { ...state, note: "changed" }));
    expect(rowsRead(put)).toBeLessThanOrEqual(5);
    const said = await plansOf(() => checkpointer.putMessages(deep, [Message.text("new")]));
    expect(rowsRead(said)).toBeLessThanOrEqual(5);
  });
});

describe("a page of messages", () => {
  test.each([
    ["forwards", { after: "m5" }, { after: "m2900" }],
    ["backwards", { before: "m2900", order: "desc" }, { before: "m50", order: "desc" }],
  ] as const)("%s costs the same wherever its cursor stands, and is not sorted", async (_, early, late) => {
    const { checkpointer, plansOf } = observe("full_", auto);
    await checkpointer.getThread(deep);
    const costs = [];
    for (const cursor of [early, late]) {
      const nodes = await plansOf(() => checkpointer.listMessages(deep, { ...cursor, limit: 10 }));
      const page = scansOf(nodes, "messages").find((node) => node["Index Name"] === "full_messages_order_idx");
      expect(page?.["Index Cond"]).toMatch(/seq [<>]/);
      expect(nodes.map((node) => node["Node Type"])).not.toContain("Sort");
      costs.push(rowsRead(nodes));
    }
    const [first = 0, last] = costs;
    expect(last).toBe(first);
    expect(first).toBeLessThanOrEqual(12);
  });

  test("of the newest ten looks at ten", async () => {
    const { checkpointer, plansOf } = observe("full_", auto);
    await checkpointer.getThread(deep);
    const nodes = await plansOf(() => checkpointer.listMessages(deep, { order: "desc", limit: 10 }));
    expect(rowsRead(nodes)).toBeLessThanOrEqual(11);
  });
});

test("a user's threads are found through the index of users, and nobody else's are looked at", async () => {
  const { checkpointer, plansOf } = observe("full_", auto);
  await checkpointer.getThread(deep);
  const nodes = await plansOf(() => checkpointer.listThreads({ userId: "user-8" }, { limit: 10 }));
  expect(nodes.map((node) => node["Index Name"])).toContain("full_threads_user_idx");
  expect(rowsRead(nodes)).toBeLessThanOrEqual(80);
});
