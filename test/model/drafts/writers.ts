import { finish, ownWrite } from "./plan.ts";
import { draft, fold, replace, type Folded } from "./redis.ts";
import { putOff, tell } from "./sending.ts";
import { headOf, rest, writeOf, type Command, type Process, type State } from "./state.ts";
import type { Actor } from "./steps.ts";

type Draft = Extract<Command, { script: "draft" }>;

/** What a writer can do next, but for what every process does alike. */
export function writerSteps(actor: Actor): void {
  const { stage, left, command } = actor.process;
  if (stage === "idle" && left > 0) readSteps(actor);
  else if (stage === "ready") beginSteps(actor);
  else if (command?.script === "draft") {
    if (stage === "sending") draftSteps(actor, command);
    else if (stage === "unanswered") repeatSteps(actor);
    else if (stage === "refused") askStep(actor, command);
  }
}

/** It reads Redis, or where that is not to be trusted PostgreSQL as well. The foreign writer knows of no Redis. */
function readSteps({ world, state, process: { kind }, act }: Actor): void {
  const head = headOf(state);
  const isForeign = kind === "the foreign writer";
  const trusted = isForeign ? undefined : fold(world, state, state.redis, state.redis.stamp);
  const validated = isForeign ? undefined : fold(world, state, state.redis, head);
  const see = (where: string, { version, drafts }: Folded): void => {
    const behind = drafts.length === 0 ? "" : `drafts ${drafts.join()} on `;
    act(
      () => `reads ${where}: ${behind}version ${version}`,
      (next, process) => {
        process.stage = "ready";
        process.drafts = drafts;
        process.base = drafts.at(-1) ?? writeOf(next, version);
      },
    );
  };
  if (trusted !== undefined) see("Redis", trusted);
  if (state.isDeleted || (trusted !== undefined && head === state.redis.stamp)) return;
  see(isForeign ? "PostgreSQL" : "Redis and PostgreSQL", validated ?? { version: head, drafts: [] });
}

function beginSteps({ world, process: { kind, base, left }, act }: Actor): void {
  if (left === 0) return;
  const begin = (next: State, process: Process): string => {
    const write = ownWrite(world, process);
    Object.assign(next, { after: { ...next.after, [write]: base } });
    return write;
  };
  if (kind === "the sync writer" || kind === "the foreign writer") {
    act(
      () => `begins its sync write on ${base}`,
      (next, process) => {
        begin(next, process);
        process.stage = "planning";
      },
    );
    return;
  }
  act(
    () => `wants a draft on ${base}${world.isDirtyApart ? ", and enters the thread in dirty" : ""}`,
    (next, process) => {
      process.command = { script: "draft", write: begin(next, process), base };
      process.stage = "sending";
      if (world.isDirtyApart) next.redis.isDirty = true;
    },
  );
}

function draftSteps({ world, state, act }: Actor, command: Draft): void {
  const { write, base } = command;
  act(
    () => tell(command),
    (next, process) => {
      const answer = draft(world, next, write, base);
      if (answer === "ok") goOnFrom(process, write, [...process.drafts, write]);
      else if (answer === "conflict" && world.broken.atOnce) finish(next, process, write);
      else {
        process.stage = "refused";
        process.isUnknown = answer === "unknown";
      }
    },
  );
  if (state.lateLeft === 0) return;
  act(
    () => `${tell(command)} executes, but the answer is lost`,
    (next, process) => {
      next.lateLeft--;
      draft(world, next, write, base);
      process.stage = "unanswered";
    },
  );
  act(
    () => `${tell(command)} is late`,
    (next, process) => {
      putOff(next, command);
      process.stage = "unanswered";
    },
  );
}

/** Without an answer it asks again, or lets PostgreSQL decide, under the same write id. */
function repeatSteps({ act }: Actor): void {
  act(
    () => "repeats its draft",
    (_next, process) => {
      process.stage = "sending";
    },
  );
  act(
    () => "commits its draft itself",
    (_next, process) => {
      process.stage = "planning";
      process.command = null;
    },
  );
}

/** Only PostgreSQL refuses: only it knows whether an earlier attempt came through. */
function askStep({ world, act }: Actor, { write }: Draft): void {
  act(
    () => `asks PostgreSQL about ${write}`,
    (next, process) => {
      const head = headOf(next);
      if (next.rows.includes(write)) goOnFrom(process, write, []);
      else if (process.isUnknown && !next.isDeleted && writeOf(next, head) === process.base) {
        replace(world, next, head); // Redis was behind
        process.stage = "unanswered";
        process.isUnknown = false;
      } else finish(next, process, next.isDeleted ? undefined : write);
    },
  );
}

/** Its write is done, and it has the state in hand for the next one. */
function goOnFrom(process: Process, write: string, drafts: readonly string[]): void {
  process.left--;
  if (process.left === 0) {
    rest(process);
    return;
  }
  process.stage = "ready";
  process.command = null;
  process.isUnknown = false;
  process.base = write;
  process.drafts = drafts;
}
