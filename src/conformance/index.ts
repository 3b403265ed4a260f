/**
 * The tests that every checkpointer and every hot log passes, for whoever writes a store or a hot log of his own. They run under any runner.
 *
 * @packageDocumentation
 */
export { checkpointerConformance, type ConformanceOptions } from "./checkpointer-conformance.ts";
export { hotLogConformance, type HotLogConformanceOptions } from "./hot-log-conformance.ts";
export type { AnyFields, MakeCheckpointer, MakeOptions } from "./subject.ts";
