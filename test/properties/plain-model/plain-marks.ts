import type { AgentState, ThreadConfig } from "../../../src/index.ts";
import type { AnyFields } from "../../../src/conformance/subject.ts";
import type { PlainStamp } from "./plain-turn.ts";

/** Under which a state carries where it comes from: it must survive a spread. */
const VERSION = Symbol.for("agenity.version");

/** What a state carries. */
interface Mark {
  readonly threadId: string;
  readonly namespace: string;
  readonly incarnation: number;
  readonly version: number;
  readonly writeId: string;
}

/** Has a state carry its version. */
export function mark(config: ThreadConfig, state: AgentState<AnyFields>, stamp: PlainStamp): AgentState<AnyFields> {
  const { threadId, namespace = "" } = config;
  const { life: incarnation, version, write } = stamp;
  const carried: Mark = { threadId, namespace, incarnation, version, writeId: String(write) };
  return Object.assign(state, { [VERSION]: carried });
}

/** The version that a state was read at; undefined: not from here. */
export function markedFor({ threadId, namespace = "" }: ThreadConfig, state: object): PlainStamp | undefined {
  const carried = (state as { readonly [VERSION]?: Mark })[VERSION];
  if (carried?.threadId !== threadId || carried.namespace !== namespace) return undefined;
  return { life: carried.incarnation, version: carried.version, write: Number(carried.writeId) };
}
