import assert from "node:assert/strict";
import { eventually } from "../expectations.ts";
import { chain, delta, following, newKey, snapshot, whole } from "./versions.ts";
import type { HotSubject } from "./subject.ts";

/** Hints that a log has a new end. */
export const watching: HotSubject = {
  name: "watching",
  promises: {
    async "news and drafts of a thread call its listeners, here and elsewhere"({ hotLog, another }) {
      const other = await another();
      const key = newKey("watched");
      const calls = { here: 0, there: 0 };
      await hotLog.watch(key, () => calls.here++);
      await other.watch(key, () => calls.there++);
      const first = snapshot();
      await hotLog.tell(key, whole([first]));
      await eventually("both were called", async () => calls.here > 0 && calls.there > 0);
      const before = { ...calls };
      const draft = delta(first);
      await other.draft(key, draft);
      await eventually("both were called", async () => calls.here > before.here && calls.there > before.there);
      await hotLog.discard(key, draft.writeId);
    },

    async "a listener hears of its own thread, and until it is stopped"({ hotLog }) {
      const [key, other] = [newKey(), newKey()];
      const calls = { stopped: 0, going: 0, other: 0 };
      const stop = await hotLog.watch(key, () => calls.stopped++);
      await hotLog.watch(key, () => calls.going++);
      await hotLog.watch(other, () => calls.other++);
      stop();
      stop();
      const [first, second] = [...chain(2)] as const;
      assert.ok(first !== undefined && second !== undefined);
      await hotLog.tell(key, whole([first]));
      await eventually("the one was called", async () => calls.going > 0);
      assert.deepEqual([calls.stopped, calls.other], [0, 0]);
      await hotLog.tell(key, following(first, [second]));
      await eventually("the one was called again", async () => calls.going > 1);
    },

    async "what changes no end calls nobody"({ hotLog }) {
      const key = newKey();
      const entries = chain(2);
      await hotLog.tell(key, whole(entries));
      let calls = 0;
      await hotLog.watch(key, () => calls++);
      const [first, second] = entries;
      assert.ok(second !== undefined);
      await hotLog.tell(key, whole(entries));
      await hotLog.tell(key, whole([first]));
      await hotLog.mark(key, second.writeId, null);
      await hotLog.unmark(key, second.writeId);
      assert.equal(await hotLog.draft(key, delta(first)), "conflict");
      // Calls come in order, so when this one has come, no other one is on its way.
      await hotLog.tell(key, following(second, [delta(second)]));
      await eventually("it was called", async () => calls > 0);
      assert.equal(calls, 1);
    },
  },
};
