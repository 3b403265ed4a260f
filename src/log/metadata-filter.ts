import { isTag } from "./value-codec.ts";
import { isObject } from "../model/value.ts";

/** How deep the JSON of a filter that matches tags may nest: PostgreSQL's parser of JSON paths ends on a full stack above it. */
const MAX_DEPTH = 500;

/**
 * Whether a metadata filter, as parsed JSON, has a record that is contained in tags, too: `{}` and `{ "v": … }` are, by `@>`. A Date must not
 * be found by them.
 */
export function matchesTags(filter: object): boolean {
  // The filter itself is compared with metadata, which is never a tag.
  return Object.values(filter).some((value) => isObject(value) && holdsTagPart(value));
}

/** Whether it nests deeper than the stores could compare it. Only for one that {@link matchesTags}. */
export function isTooDeep(filter: object, room: number = MAX_DEPTH): boolean {
  return room === 0 || Object.values(filter).some((value) => isObject(value) && isTooDeep(value, room - 1));
}

function holdsTagPart(json: object): boolean {
  return isTagPart(json) || matchesTags(json);
}

function isTagPart(json: object): boolean {
  return !Array.isArray(json) && !isTag(json) && Object.keys(json).every((key) => key === "v");
}
