import fc from "fast-check";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import {
  DELETED,
  type HotEntry,
  type HotInstant,
  type HotKey,
  type HotLog,
  type HotNews,
  type HotView,
} from "../../src/hot/hot-log.ts";
import { MemoryHotLog } from "../../src/hot/memory/memory-hot-log.ts";
import { RedisHotLog } from "../../src/hot/redis/redis-hot-log.ts";
import type { Stamp } from "../../src/model/stamp.ts";
import { propertyRuns } from "./property-runs.ts";

// Whatever is asked of them in whatever order, the memory and Redis answer the same: two readings of one port.

/** A time, by the hot log's clock when the run began. */
type Moment = { readonly ms: number; readonly ours: boolean } | null;

type Command =
  | { readonly call: "read"; readonly known: number | "shown"; readonly maxAgeMs: number }
  | { readonly call: "mark"; readonly write: number; readonly ms: number }
  | { readonly call: "unmark" | "discard"; readonly write: number }
  | { readonly call: "draft"; readonly write: number }
  | { readonly call: "hold"; readonly ms: number }
  | {
      readonly call: "tell";
      readonly incarnation: number;
      readonly from: number;
      readonly count: number;
      readonly whole: boolean;
      readonly empty: "no" | "none" | "deleted";
      readonly since: Moment;
      readonly seen: number | "shown";
      readonly owner: string | null;
    };

/** Writes of two histories that part at version 3: an index stands for one of them. */
const writes: readonly HotEntry[] = [1, 2, 3, 4, 5, 3, 4, 5].map((version, index) => {
  const after = index === 5 ? 1 : index - 1;
  return {
    version,
    writeId: `w${index}`,
    after: index === 0 ? "" : `w${after}`,
    kind: index === 0 || index === 3 ? "snapshot" : "delta",
    body: JSON.stringify({ index }),
  };
});
const writeAt = (index: number): HotEntry => writes[index] ?? (writes[0] as HotEntry);

/** Far from now on both sides, so that both hot logs take a moment for past, or both do not. */
const distance = fc.constantFrom(-300_000, -200_000, -100_000, 100_000, 200_000, 300_000);
const index = fc.nat({ max: writes.length - 1 });
/** One of the writes, or what the hot log shows at that moment. */
const orShown = fc.oneof(index, fc.constant("shown" as const));
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    call: fc.constant("read" as const),
    known: orShown,
    maxAgeMs: fc.constantFrom(50_000, 150_000, 250_000),
  }),
  fc.record({ call: fc.constant("mark" as const), write: index, ms: distance }),
  fc.record({ call: fc.constantFrom("unmark" as const, "discard" as const), write: index }),
  { arbitrary: fc.record({ call: fc.constant("draft" as const), write: index }), weight: 3 },
  fc.record({ call: fc.constant("hold" as const), ms: distance }),
  {
    weight: 4,
    arbitrary: fc.record({
      call: fc.constant("tell" as const),
      incarnation: fc.constantFrom(1, 1, 1, 2),
      from: index,
      count: fc.integer({ min: 1, max: 4 }),
      whole: fc.boolean(),
      empty: fc.constantFrom("no", "no", "no", "no", "no", "no", "none", "deleted"),
      since: fc.option(fc.record({ ms: distance, ours: fc.constantFrom(true, true, false) })),
      seen: orShown,
      owner: fc.option(fc.constantFrom("one", "two")),
    }),
  },
);

const prefix = `property:${crypto.randomUUID()}:`;
const redis = new RedisHotLog({
  source: { kind: "url", url: inject("cacheUrl") },
  keyPrefix: prefix,
  lifeMs: 600_000,
  // What is asked here must not depend on how busy the machine is.
  timeoutMs: 30_000,
});

beforeAll(() => redis.setup(true));
afterAll(() => redis.release());

const runs = propertyRuns(120);
let threads = 0;

test(`memory and Redis answer any sequence of calls alike (seed ${runs.seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 30 }), async (commands) => {
      const key: HotKey = { threadId: ++threads, namespace: "" };
      const memory = new MemoryHotLog();
      const [ours, theirs] = await Promise.all([story(memory, key, commands), story(redis, key, commands)]);
      expect(theirs).toEqual(ours);
    }),
    runs,
  );
});

/** All answers of a hot log to some calls, each with what it shows afterwards. */
async function story(hotLog: HotLog, key: HotKey, commands: readonly Command[]): Promise<readonly unknown[]> {
  let view = await hotLog.read(key, null, 0);
  const begin = view.at;
  const told: unknown[] = [];
  for (const one of commands) {
    const answer = await carryOut(hotLog, { key, begin, view }, one);
    view = await hotLog.read(key, null, 0);
    told.push({ command: one, answer, view: comparable(view, begin) });
  }
  told.push((await hotLog.drafts(0, 100_000)).some(({ threadId }) => threadId === key.threadId));
  for (const { writeId } of writes) await hotLog.discard(key, writeId);
  return told;
}

interface Scene {
  readonly key: HotKey;
  /** When the story began. */
  readonly begin: HotInstant;
  /** What there is. */
  readonly view: HotView;
}

async function carryOut(hotLog: HotLog, scene: Scene, one: Command): Promise<unknown> {
  const { key, begin, view } = scene;
  switch (one.call) {
    case "read": {
      const known = one.known === "shown" ? (view.entries.at(-1) ?? view.head?.stamp ?? null) : writeAt(one.known);
      return comparable(await hotLog.read(key, known, one.maxAgeMs), begin);
    }
    case "mark":
      return hotLog.mark(key, writeAt(one.write).writeId, begin.atMs + one.ms);
    case "unmark":
      return hotLog.unmark(key, writeAt(one.write).writeId);
    case "discard":
      return hotLog.discard(key, writeAt(one.write).writeId);
    case "draft":
      return hotLog.draft(key, writeAt(one.write));
    case "hold":
      return hotLog.hold(key, one.ms);
    case "tell":
      return hotLog.tell(key, newsOf(scene, one));
  }
}

function newsOf({ begin, view }: Scene, one: Command & { call: "tell" }): HotNews {
  const { incarnation, from, count, whole, empty, since, owner } = one;
  const entries = empty === "no" ? writes.slice(from, from + count) : [];
  const last = entries.at(-1);
  const nothing = empty === "deleted" ? { version: DELETED, writeId: "gone" } : { version: 0, writeId: "" };
  const { version, writeId } = last ?? nothing;
  return {
    stamp: { incarnation, version, writeId },
    owner,
    entries,
    after: whole ? null : (entries[0]?.after ?? null),
    since: since === null ? null : { atMs: begin.atMs + since.ms, by: since.ours ? begin.by : "another" },
    seen: one.seen === "shown" ? (view.head?.stamp ?? null) : stampAt(one.seen),
  };
}

function stampAt(place: number): Stamp {
  const { version, writeId } = writeAt(place);
  return { incarnation: 1, version, writeId };
}

/** A view, without what two hot logs cannot have in common. */
function comparable({ current, head, entries, fromStart, tagged }: HotView, begin: HotInstant): unknown {
  const known = head === null ? null : { ms: head.known.atMs - begin.atMs, ours: head.known.by === begin.by };
  const pendingMs = head === null || head.pendingMs === 0 ? 0 : head.pendingMs - begin.atMs;
  return { current, head: head === null ? null : { ...head, known, pendingMs }, entries, fromStart, tagged };
}
