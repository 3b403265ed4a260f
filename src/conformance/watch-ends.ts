import assert from "node:assert/strict";
import { ReleasedError } from "../index.ts";
import { rejection } from "./expectations.ts";
import { newConfig, stateWith } from "./sample.ts";
import type { Subject } from "./subject.ts";
import { Watching } from "./watching.ts";

/** How a watch ends. It never ends by itself, and ending it is no error. */
export const watchEnds: Subject = {
  name: "the end of a watch",
  promises: {
    async "leaving its loop ends it, and the checkpointer works on"({ checkpointer }) {
      const config = newConfig();
      const events = checkpointer.watch(config, { pollMs: 10 });
      await checkpointer.putState(config, stateWith());
      for await (const event of events) {
        assert.deepEqual(event, { type: "state", version: 1 });
        break;
      }
      assert.deepEqual(await events.next(), { done: true, value: undefined });
      await checkpointer.putState(config, stateWith());
    },

    async "its signal ends it while it waits, and what was told before stands"({ checkpointer }) {
      const config = newConfig();
      const controller = new AbortController();
      await checkpointer.putState(config, stateWith());
      const { watching, next } = await Watching.waiting(checkpointer, config, {
        pollMs: 3_600_000,
        signal: controller.signal,
      });
      controller.abort();
      assert.equal(await next, "end");
      assert.equal(await watching.next(), "end");
    },

    async "a signal that was given before ends it at once"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith());
      const watching = Watching.on(checkpointer, config, { signal: AbortSignal.abort(new Error("not thrown")) });
      assert.equal(await watching.next(), "end");
    },

    async "release ends it, at whatever it is"({ checkpointer, another }) {
      const config = newConfig();
      for (const pollMs of [10, 3_600_000]) {
        const watcher = await another();
        const waiting = await Watching.waiting(watcher, config, { pollMs });
        const fresh = Watching.on(watcher, config, { pollMs });
        await watcher.release();
        assert.equal(await waiting.next, "end");
        assert.equal(await waiting.watching.next(), "end");
        assert.equal(await fresh.next(), "end");
      }
      const idler = await another();
      const idle = await Watching.begun(idler, config, { pollMs: 10 });
      await idler.release();
      assert.equal(await idle.next(), "end");
      await checkpointer.putState(config, stateWith());
    },

    async "release ends it in the middle of its work"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith());
      for (let turns = 0; turns < 30; turns++) {
        const watcher = await another();
        const watching = Watching.on(watcher, config);
        const waiting = watching.until("end");
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        if (turns % 3 === 0) await watcher.putState(config, stateWith());
        await watcher.release();
        await waiting;
      }
    },

    async "release does not wait for those who ask for nothing"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.putState(config, stateWith());
      const events = checkpointer.watch(config);
      await checkpointer.putState(config, stateWith());
      const first = await events.next();
      assert.deepEqual(first.value, { type: "state", version: 2 });
      await checkpointer.release();
      assert.equal((await events.next()).done, true);
    },

    async "after release there is nothing to watch"({ checkpointer }) {
      const config = newConfig();
      await checkpointer.release();
      await rejection((async () => await checkpointer.watch(config).next())(), ReleasedError);
    },

    async "one that ends leaves the others"({ checkpointer }) {
      const config = newConfig();
      const [one, other] = [await Watching.begun(checkpointer, config), await Watching.begun(checkpointer, config)];
      await one.leave();
      await checkpointer.putState(config, stateWith());
      assert.equal(await other.next(), "state 1");
      await other.leave();
    },
  },
};
