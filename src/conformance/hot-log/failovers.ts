import assert from "node:assert/strict";
import {
  ANY_AGE_MS,
  chain,
  delta,
  following,
  headOf,
  holds,
  isCurrent,
  lastOf,
  newKey,
  timeOf,
  whole,
} from "./versions.ts";
import { eventually } from "../expectations.ts";
import type { HotSubject } from "./subject.ts";

/**
 * What another server inherits.
 * @param failOver - lets another server, with another name, take the place of the one that every hot log of the kit talks to
 */
export function failovers(failOver: () => Promise<void>): HotSubject {
  return {
    name: "failovers",
    promises: {
      async "nothing that a server has inherited is trusted before somebody tells it"({ hotLog }) {
        const key = newKey();
        const entries = chain(2);
        const last = lastOf(entries);
        const before = await timeOf(hotLog, key);
        await hotLog.tell(key, whole(entries, { since: before }));
        assert.equal(await isCurrent(hotLog, key, last), true);
        await failOver();
        await eventually("the new server answers under its name", async () => {
          const { by } = await timeOf(hotLog, key).catch(() => ({ by: "" }));
          return by !== "" && by !== before.by;
        });
        assert.equal(await isCurrent(hotLog, key, last, ANY_AGE_MS), false);
        await holds(hotLog, key, entries);
        // News that were on their way are about the server that is gone.
        await hotLog.tell(key, following(last, [delta(last)], { since: before }));
        const next = (await hotLog.read(key, null, 0)).entries.at(-1) ?? last;
        assert.equal(await isCurrent(hotLog, key, next), false);
        const since = await timeOf(hotLog, key);
        await hotLog.tell(key, { ...whole([lastOf(entries)]), stamp: (await headOf(hotLog, key)).stamp, since });
        assert.deepEqual((await headOf(hotLog, key)).known, since);
      },
    },
  };
}
