import type { Checkpointer } from "../../src/conformance/subject.ts";
import type { Method } from "./call.ts";

/** What calls can be played on: a checkpointer, or the model of one. */
export type Playable = Pick<Checkpointer, Method | "release">;
