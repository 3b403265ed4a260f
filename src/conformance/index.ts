/**
 * The tests that every checkpointer passes, for whoever writes a store of his own. They run under any runner.
 *
 * @packageDocumentation
 */
export { checkpointerConformance, type ConformanceOptions } from "./checkpointer-conformance.ts";
export type { AnyFields, MakeCheckpointer, MakeOptions } from "./subject.ts";
