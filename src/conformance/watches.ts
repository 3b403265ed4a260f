import assert from "node:assert/strict";
import { Message, type WatchEvent } from "../index.ts";
import { deeplyFrozen } from "./expectations.ts";
import { newConfig, numberedMessages, stateWith, unique } from "./sample.ts";
import type { Checkpointer, Subject } from "./subject.ts";
import { Watching } from "./watching.ts";

type Config = ReturnType<typeof newConfig>;

/** What happens on a thread, told to whoever watches it. */
export const watches: Subject = {
  name: "watch",
  promises: {
    async "versions and messages of two checkpointers are told, each once, in their order"({ checkpointer, another }) {
      const config = newConfig();
      const pair = [checkpointer, await another()] as const;
      const watching = await Watching.begun(pair[1], config);
      for (let turn = 1; turn <= 10; turn++) {
        const writer = pair[turn % 2 === 0 ? 0 : 1];
        await writer.putState(config, stateWith({ turn }));
        await say(writer, config, `turn ${turn}`);
      }
      const told = await watching.take(20);
      assert.deepEqual(
        told.filter((text) => text.startsWith("state")),
        numbered("state", 10),
      );
      assert.deepEqual(
        told.filter((text) => text.startsWith("message")),
        numbered("message turn", 10),
      );
      await watching.leave();
    },

    async "what was there before is not told"({ checkpointer, another }) {
      const config = newConfig();
      await checkpointer.putState({ ...config, runId: "run-1" }, stateWith());
      await checkpointer.putMessages(config, numberedMessages(3));
      await checkpointer.requestStop(config);
      const watching = await Watching.begun(await another(), config);
      await checkpointer.putState(config, stateWith());
      await say(checkpointer, config, "end of it");
      assert.deepEqual((await watching.until("message end of it")).toSorted(), ["message end of it", "state 2"]);
      await watching.leave();
    },

    async "what this checkpointer writes after the call is told, also before the first event is asked for"({
      checkpointer,
    }) {
      for (const isNew of [true, false]) {
        const config = newConfig();
        if (!isNew) {
          await checkpointer.putState(config, stateWith());
          await checkpointer.putMessages(config, numberedMessages(2, "old"));
        }
        const watching = Watching.on(checkpointer, config);
        await checkpointer.putState(config, stateWith());
        await checkpointer.putMessages(config, numberedMessages(3));
        await checkpointer.putStateCache(config, stateWith());
        const versions = isNew ? ["state 1", "state 2"] : ["state 2", "state 3"];
        const expected = ["message 0", "message 1", "message 2", ...versions];
        assert.deepEqual((await watching.take(5)).toSorted(), expected);
        await watching.leave();
      }
    },

    async "what anybody writes while no event is asked for is told later, and nothing is left out"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      const other = await another();
      const watching = await Watching.begun(checkpointer, config);
      for (let n = 1; n <= 30; n++) await other.putState(config, stateWith({ n }));
      await other.putMessages(config, numberedMessages(150));
      const told = await watching.take(180);
      assert.deepEqual(
        told.filter((text) => text.startsWith("state")),
        numbered("state", 30),
      );
      const texts = Array.from({ length: 150 }, (_, index) => `message ${index}`);
      assert.deepEqual(
        told.filter((text) => text.startsWith("message")),
        texts,
      );
      await watching.leave();
    },

    async "drafts are told when they are made, and not again when they are committed"({ checkpointer, another }) {
      const config = newConfig();
      const watching = await Watching.begun(await another(), config);
      await checkpointer.putState(config, stateWith());
      for (let n = 2; n <= 6; n++) {
        await checkpointer.putStateCache(config, stateWith({ n }));
        assert.deepEqual(await watching.until(`state ${n}`), n === 2 ? ["state 1", "state 2"] : [`state ${n}`]);
      }
      await checkpointer.release();
      await say(await another(), config, "end of it");
      assert.deepEqual(await watching.until("message end of it"), ["message end of it"]);
      await watching.leave();
    },

    async "each version of a clear, an update, a repair and a whole turn is told"({ checkpointer, another }) {
      const config = newConfig();
      const watching = await Watching.begun(await another(), config);
      await checkpointer.checkpoint(config, { state: stateWith(), thread: { threadName: "Name" } });
      await checkpointer.clearState(config);
      await checkpointer.repairState(config);
      await checkpointer.updateState(config, (state) => state);
      assert.deepEqual(await watching.take(4), numbered("state", 4));
      await watching.leave();
    },

    async "only the states of the config's namespace are told"({ checkpointer, another }) {
      const config = newConfig();
      const planner = { ...config, namespace: "planner" };
      const watching = await Watching.begun(await another(), planner);
      await checkpointer.putState(config, stateWith());
      await checkpointer.putState({ ...config, namespace: "planner:b" }, stateWith());
      await checkpointer.putState(planner, stateWith());
      await say(checkpointer, config, "end of it");
      assert.deepEqual((await watching.take(2)).toSorted(), ["message end of it", "state 1"]);
      await watching.leave();
    },

    async "a message that is replaced is not told again, and one that is deleted does not end the messages"({
      checkpointer,
      another,
    }) {
      const config = newConfig();
      const writer = await another();
      const watching = await Watching.begun(checkpointer, config);
      const said = (messageId: string, text: string): Promise<unknown> =>
        writer.putMessages(config, [Message.text(text, { messageId })]);
      await said("a", "one");
      assert.equal(await watching.next(), "message one");
      await said("a", "one again");
      await said("b", "two");
      assert.equal(await watching.next(), "message two");
      await writer.deleteMessage(config, "b");
      await said("c", "three");
      assert.equal(await watching.next(), "message three");
      await writer.deleteMessage(config, "c");
      await writer.deleteMessage(config, "a");
      await said("d", "four");
      assert.equal(await watching.next(), "message four");
      await watching.leave();
    },

    async "a stop is told once, and again when the next run is asked"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.beginRun(config);
      const watching = await Watching.begun(checkpointer, config);
      for (const round of [1, 2]) {
        await other.requestStop(config);
        assert.equal(await watching.next(), "stop");
        await other.requestStop(config);
        await say(other, config, `stopped ${round}`);
        assert.equal(await watching.next(), `message stopped ${round}`);
        await checkpointer.beginRun(config);
        // The end of a stop is no event: it must have been seen before the next one is asked for.
        await say(other, config, `begun ${round}`);
        assert.equal(await watching.next(), `message begun ${round}`);
        await say(other, config, `looked ${round}`);
        assert.equal(await watching.next(), `message looked ${round}`);
      }
      await watching.leave();
    },

    async "with a runId only that run's stop is told"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      await checkpointer.beginRun({ ...config, runId: "run-1" });
      const watching = await Watching.begun(checkpointer, { ...config, runId: "run-1" });
      await other.requestStop({ ...config, runId: "run-2" });
      await say(other, config, "not this one");
      assert.equal(await watching.next(), "message not this one");
      await other.requestStop({ ...config, runId: "run-1" });
      assert.equal(await watching.next(), "stop");
      await watching.leave();
    },

    async "a deletion is told, and then everything of the thread that is made again"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      const watching = await Watching.begun(checkpointer, config);
      for (const life of [1, 2, 3]) {
        await other.putState(config, stateWith({ life }));
        await other.putState(config, stateWith({ life }));
        await say(other, config, `life ${life}`);
        const told = await watching.take(3);
        assert.deepEqual(told.toSorted(), [`message life ${life}`, "state 1", "state 2"]);
        await other.deleteThread(config);
        assert.equal(await watching.next(), "deleted");
      }
      await watching.leave();
    },

    async "a thread that had no state is told to be deleted as well"({ checkpointer, another }) {
      const config = newConfig();
      const other = await another();
      const watching = await Watching.begun(checkpointer, config);
      await other.deleteThread(config);
      assert.equal(await watching.next(), "deleted");
      await other.putMessages(config, numberedMessages(3));
      assert.deepEqual(await watching.take(3), ["message 0", "message 1", "message 2"]);
      await watching.leave();
    },

    async "many watch one thread, and each is told everything"({ checkpointer, another }) {
      const config = newConfig();
      const watchers = [checkpointer, await another(), checkpointer];
      const watchings: Watching[] = [];
      for (const watcher of watchers) watchings.push(await Watching.begun(watcher, config));
      for (const n of [1, 2, 3]) await checkpointer.putState(config, stateWith({ n }));
      for (const watching of watchings) {
        const told = await watching.until("state 3");
        assert.deepEqual(
          told.filter((text) => text.startsWith("state")),
          numbered("state", 3),
        );
        await watching.leave();
      }
    },

    async "another user is told nothing but of his own thread of that id"({ checkpointer, another }) {
      const config = newConfig();
      const stranger = { ...config, userId: unique("stranger") };
      await checkpointer.beginRun(config);
      const watching = Watching.on(await another(), stranger);
      const owners = await Watching.begun(checkpointer, config);
      await checkpointer.putState(config, stateWith());
      await checkpointer.putMessages(config, numberedMessages(2));
      await checkpointer.requestStop(config);
      assert.deepEqual((await owners.take(4)).toSorted(), ["message 0", "message 1", "state 1", "stop"]);
      await checkpointer.deleteThread(config);
      assert.equal(await owners.next(), "deleted");
      await checkpointer.putState(stranger, stateWith());
      assert.equal(await watching.next(), "state 1");
      for (const one of [watching, owners]) await one.leave();
    },

    async "the messages that are told are frozen, and the very ones that were put"({ checkpointer }) {
      const config = newConfig();
      const [put] = await checkpointer.putMessages(config, numberedMessages(1));
      const seen: WatchEvent[] = [];
      const events = checkpointer.watch(config, { pollMs: 10 });
      const [next] = await checkpointer.putMessages(config, [Message.text("rich", { metadata: { at: new Date(5) } })]);
      for await (const event of events) {
        seen.push(event);
        break;
      }
      assert.deepStrictEqual(seen, [{ type: "message", message: next }]);
      deeplyFrozen(put);
      deeplyFrozen((seen[0] as { message: Message }).message.content);
    },
  },
};

async function say(checkpointer: Checkpointer, config: Config, text: string): Promise<void> {
  await checkpointer.putMessages(config, [Message.text(text)]);
}

function numbered(what: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${what} ${index + 1}`);
}
