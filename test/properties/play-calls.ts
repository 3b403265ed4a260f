import { setOwn } from "../../src/model/value.ts";
import { type AgentState, createState, type StateChange, type ThreadFields } from "../../src/index.ts";
import type { AnyFields, Checkpointer } from "../../src/conformance/subject.ts";
import { type Answer, answerTo } from "./answer.ts";
import type { Call, Edit, GivenState, Method, Target } from "./call.ts";
import type { Playable } from "./playable.ts";

/** Where a sequence is played. */
export interface Stage {
  /** Checkpointers over one store: two for the calls, and one that has never seen what they wrote. */
  readonly checkpointers: readonly [Playable, Playable, Playable];
  /** What this sequence's ids begin with: others are played beside it. */
  readonly prefix: string;
}

type Config = Parameters<Checkpointer["getState"]>[0];

/** Makes the calls one after the other, and answers what came of each. */
export async function playCalls(calls: readonly Call[], stage: Stage): Promise<Answer[]> {
  const player = new Player(stage);
  const answers: Answer[] = [];
  for (const call of calls) answers.push(await answerTo(player.play(call)));
  return answers;
}

/** Looks at everything that a sequence may have written. */
export function closingCalls(calls: readonly Call[]): Call[] {
  const closing = new Map<string, Call>();
  const looks = ["getThread", "listMessages", "getState", "listStates"] as const;
  for (const { thread, namespace = "" } of calls
    .filter(({ call }) => !/^(get|list|stats)/.test(call))
    .flatMap(targetsOf)) {
    for (const call of looks) {
      const ofThread = call === "getThread" || call === "listMessages";
      const on = { thread, user: null, namespace: ofThread ? "" : namespace, runId: undefined };
      closing.set(`${call} ${thread} ${on.namespace}`, { call, through: 2, on });
    }
  }
  return [...closing.values()];
}

/** Where a call may have written: a fork writes all namespaces of its target. */
function targetsOf(call: Call): Target[] {
  return call.call === "forkThread" ? ["", "planner"].map((namespace) => ({ ...call.to, namespace })) : [call.on];
}

type Play = { readonly [M in Method]: (player: Player, call: Extract<Call, { call: M }>) => Promise<unknown> };

const plays: Play = {
  putState: (player, { on, through, state, options }) =>
    player.holding(player.at(through).putState(player.config(on), player.given(state), options)),
  getState: (player, { on, through, version }) =>
    player.holding(player.at(through).getState(player.config(on), { version })),
  listStates: (player, { on, through, options }) => player.at(through).listStates(player.config(on), options),
  updateState: (player, call) => player.update(call),
  clearState: (player, { on, through }) => player.at(through).clearState(player.config(on)),
  putMessages: (player, { on, through, messages, options }) =>
    player.at(through).putMessages(player.config(on), messages, options),
  getMessage: (player, { on, through, messageId }) => player.at(through).getMessage(player.config(on), messageId),
  listMessages: (player, { on, through, options }) => player.at(through).listMessages(player.config(on), options),
  deleteMessage: (player, { on, through, messageId }) => player.at(through).deleteMessage(player.config(on), messageId),
  putThread: (player, { on, through, fields }) =>
    player.at(through).putThread(player.config(on), player.marked(fields ?? {})),
  getThread: (player, { on, through }) => player.at(through).getThread(player.config(on)),
  listThreads: (player, { on, through, options }) =>
    player.at(through).listThreads(...player.threadQuery(on, options ?? {})),
  deleteThread: (player, { on, through }) => player.at(through).deleteThread(player.config(on)),
  forkThread: (player, { on, through, to, version }) =>
    player.at(through).forkThread(player.config(on), player.config(to), { version }),
  repairState: (player, { on, through }) => player.holding(player.at(through).repairState(player.config(on))),
  checkpoint: async (player, { on, through, state, messages, thread, options }) => {
    const parts = {
      state: state === undefined ? undefined : player.given(state),
      messages,
      thread: thread === undefined ? undefined : player.marked(thread),
    };
    const written = await player.at(through).checkpoint(player.config(on), parts, options);
    await player.holding(Promise.resolve(written.state));
    return written;
  },
  // Without a user and without a thread, what the sequences beside this one wrote would be counted too.
  stats: (player, { on, through, isOfThread }) => {
    const { threadId, userId } = player.config(on);
    return player.at(through).stats({ userId, threadId: isOfThread || userId === undefined ? threadId : undefined });
  },
};

/** One application at work on one store. */
class Player {
  readonly #stage: Stage;
  /** The states that calls have answered, oldest first. */
  readonly #held: AgentState<AnyFields>[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  play(call: Call): Promise<unknown> {
    const play = plays[call.call] as (player: Player, call: Call) => Promise<unknown>; // the table is typed by method
    return play(this, call);
  }

  at(index: 0 | 1 | 2): Playable {
    return this.#stage.checkpointers[index];
  }

  config({ thread, user, namespace, runId }: Target): Config {
    return { threadId: this.#id(thread), userId: user === null ? undefined : this.#id(user), namespace, runId };
  }

  #id(name: string): string {
    return `${this.#stage.prefix}${name}`;
  }

  /** Threads of a sequence are told from others' by a mark, for calls that see everybody's. */
  marked(fields: ThreadFields): ThreadFields {
    return { ...fields, metadata: { ...fields.metadata, mark: this.#stage.prefix } };
  }

  threadQuery(
    on: Target,
    options: Extract<Call, { call: "listThreads" }>["options"] & object,
  ): Parameters<Checkpointer["listThreads"]> {
    const { userId } = this.config(on);
    const { before, after, metadata } = options;
    const query = {
      ...options,
      metadata: userId === undefined ? { ...metadata, mark: this.#stage.prefix } : metadata,
      before: before === undefined ? undefined : this.#id(before),
      after: after === undefined ? undefined : this.#id(after),
    };
    return [{ userId }, query];
  }

  /** Keeps the state that is answered, as an agent does. */
  async holding<T extends AgentState<AnyFields> | null>(answer: Promise<T>): Promise<T> {
    const state = await answer;
    if (state !== null) this.#held.push(state);
    return state;
  }

  given({ held, isCopy, edits }: GivenState): AgentState<AnyFields> {
    const found = held === null ? undefined : this.#held.at(-1 - held);
    return edited(found === undefined ? createState<AnyFields>({}) : isCopy ? { ...found } : found, edits);
  }

  async update({ on, through, edits, isRaced, options }: Extract<Call, { call: "updateState" }>): Promise<unknown> {
    const config = this.config(on);
    const seen: unknown[] = [];
    const change: StateChange<AnyFields> = async (state) => {
      seen.push(state === null ? null : { ...state });
      if (isRaced && seen.length === 1) {
        const rival = createState<AnyFields>({ n: "rival" });
        await this.at(through === 0 ? 1 : 0).putState(config, rival, { onConflict: "overwrite" });
      }
      return edits === undefined ? undefined : edited(state ?? createState<AnyFields>({}), edits);
    };
    const state = await this.holding(this.at(through).updateState(config, change, options));
    return { seen, state };
  }
}

/** Values are shared between the stores, so none is changed in its place. */
function edited(state: AgentState<AnyFields>, edits: readonly Edit[]): AgentState<AnyFields> {
  for (const edit of edits) apply(state, edit);
  return state;
}

function apply(state: AgentState<AnyFields>, edit: Edit): void {
  switch (edit.edit) {
    case "set":
      return setOwn(state, edit.key, edit.value);
    case "fill":
      return setOwn(state, edit.key, edit.letter.repeat(9_000));
    case "remove":
      return void delete state[edit.key];
    case "splice": {
      const list: unknown = Object.hasOwn(state, edit.key) ? state[edit.key] : undefined;
      const before: readonly unknown[] = Array.isArray(list) ? list : [];
      return setOwn(state, edit.key, before.toSpliced(edit.at, edit.remove, ...edit.items));
    }
    case "say":
      state.context = state.context.toSpliced(edit.at, edit.remove, ...edit.messages);
  }
}
