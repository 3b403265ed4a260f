import { matchesTags } from "../../log/metadata-filter.ts";
import { isTag } from "../../log/value-codec.ts";
import { isObject } from "../../model/value.ts";

/**
 * The JSON path that has to hold beside `@>` where a metadata filter would match tags, too: what `@>` asks, and that no record of the filter is
 * compared with a tag. Null: `@>` is enough.
 *
 * @param filter - its JSON text
 */
export function tagGuard(filter: string | null): string | null {
  if (filter === null) return null;
  const wanted = JSON.parse(filter) as object;
  // Strict, because a lax path looks into arrays by itself.
  return matchesTags(wanted) ? `strict $ ? (${fieldsHold(wanted).join(" && ")})` : null;
}

function holds(wanted: unknown): string {
  if (!isObject(wanted)) return `@ == ${JSON.stringify(wanted)}`;
  if (Array.isArray(wanted)) return ['@.type() == "array"', ...itemsHold(wanted)].join(" && ");
  // A strict path that leads nowhere is unknown rather than false.
  const isRecord = isTag(wanted) ? [] : ['@.type() == "object"', '(exists(@."$")) is unknown'];
  return [...isRecord, ...fieldsHold(wanted)].join(" && ");
}

function itemsHold(wanted: readonly unknown[]): readonly string[] {
  return wanted.map((item) => `exists(@[*] ? (${holds(item)}))`);
}

function fieldsHold(wanted: object): readonly string[] {
  return Object.entries(wanted).map(([key, value]) => `exists(@.${JSON.stringify(key)} ? (${holds(value)}))`);
}
