import { AccessDeniedError, ConflictError, NotFoundError, type ThreadConfig } from "../../../src/index.ts";
import type { PlainThread, PlainVersion, PlainWorld } from "./plain-world.ts";

/** Copies a thread as it is, or as it was when a version was written. */
export function forkPlainly(world: PlainWorld, from: ThreadConfig, to: ThreadConfig, version?: number): PlainThread {
  if (from.userId !== undefined && to.userId !== undefined && from.userId !== to.userId) throw new AccessDeniedError();
  const source = world.seen(from.threadId, from.userId);
  if (source === undefined) throw new NotFoundError("from.threadId", "the model has no such thread");
  const point = source.states.get(from.namespace ?? "")?.find((each) => each.version === version);
  if (version !== undefined && point === undefined) {
    throw new NotFoundError("options.version", "the model has no such version");
  }
  if (world.threads.has(to.threadId)) throw new ConflictError(0, 0);
  const now = world.now();
  const copy: PlainThread = {
    threadId: to.threadId,
    owner: to.userId ?? source.owner,
    life: world.number(),
    threadName: source.threadName,
    metadata: new Map(source.metadata),
    runId: source.runId,
    createdAt: now,
    updatedAt: now,
    messages: source.messages.filter(({ place }) => point === undefined || place < point.nextPlace),
    nextPlace: source.nextPlace,
    states: new Map(Array.from(source.states, ([name, versions]) => [name, versions.filter(wasThere(point))])),
  };
  world.threads.set(to.threadId, copy);
  return copy;
}

/** Writes are numbered, so what was written by then has no greater number. */
function wasThere(point: PlainVersion | undefined): (version: PlainVersion) => boolean {
  return ({ write }) => point === undefined || write <= point.write;
}
