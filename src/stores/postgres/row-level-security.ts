import type { AnyId } from "../../model/config.ts";

// The wall that PostgreSQL itself holds between users, behind the conditions of our statements. Every statement says for whom it asks, in a
// setting that ends with its transaction: so it needs no round trip of its own, and a pooler in transaction mode hands nothing on.

/**
 * What tells the caller in a statement's text: at its outermost level, where nothing is looked at before it. A subselect of no table's
 * is worked out once, before the first row is asked for.
 */
const PLACEHOLDER = "{{caller_is_told}}";

/** A statement's text with its caller told by its last parameter; without row level security, with nothing in its place. */
export function toldCaller(text: string, rowLevelSecurity: boolean): string {
  if (!rowLevelSecurity) return text.replaceAll(PLACEHOLDER, "true");
  const highest = Math.max(0, ...Array.from(text.matchAll(/\$(\d+)/g), ([, number]) => Number(number)));
  return text.replaceAll(PLACEHOLDER, `(select set_config('agenity.caller', $${highest + 1}::text, true)) is not null`);
}

/** A statement's parameters, with its caller behind them where {@link toldCaller} has made room. @param userId - null: the application, which sees everything */
export function withCaller(
  values: readonly unknown[],
  userId: AnyId | null,
  rowLevelSecurity: boolean,
): readonly unknown[] {
  return rowLevelSecurity ? [...values, userId === null ? APPLICATION : `user ${userId}`] : values;
}

const APPLICATION = "application";

/** Does what several callers ask for, each caller's share by itself, because a statement has one caller. Answers in the order of the items. */
export async function eachCaller<Item extends { readonly userId: AnyId | null }, Result>(
  items: readonly Item[],
  work: (ofOneCaller: readonly Item[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const places = new Map<AnyId | null, number[]>();
  for (const [place, { userId }] of items.entries()) places.set(userId, [...(places.get(userId) ?? []), place]);
  const results: Result[] = [];
  await Promise.all(
    Array.from(places.values(), async (own) => {
      const answers = await work(own.map((place) => items[place] as Item)); // a place of items
      for (const [index, place] of own.entries()) results[place] = answers[index] as Result; // one an item
    }),
  );
  return results;
}

/** For the rest of a transaction, the application asks. */
const asApplication = `select set_config('agenity.caller', '${APPLICATION}', true)`;

/** A row is shown to, and written by, its owner and the application: whoever says nothing sees nothing. */
const condition = `current_setting('agenity.caller', true) in ('${APPLICATION}', 'user ' || user_id::text)`;

/**
 * Commands that make the policies, or make them again. They bind the tables' owner too, who would be free of them otherwise. Rows that are older
 * than their column of the owner get it first. Tombstones have no policy: they hold nothing of a user's but that an id was used.
 */
export const policyCommands: readonly string[] = [
  asApplication,
  ...["states", "messages"].map(
    (table) =>
      `update {{${table}}} as item set user_id = thread.user_id from {{threads}} as thread
where item.thread_id = thread.thread_id and item.user_id is distinct from thread.user_id`,
  ),
  ...["threads", "states", "messages"].flatMap((table) => [
    `drop policy if exists agenity_owner on {{${table}}}`,
    `create policy agenity_owner on {{${table}}} using (${condition}) with check (${condition})`,
    `alter table {{${table}}} enable row level security`,
    `alter table {{${table}}} force row level security`,
  ]),
];
