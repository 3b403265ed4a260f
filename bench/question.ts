import type { BenchServers } from "./servers.ts";

/** A figure beside what was aimed at. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  /** The most, or the least, that it should be. */
  readonly aim: { readonly atMost: number } | { readonly atLeast: number };
}

/** What one side did at one place of the horizontal axis. */
export interface Row {
  /** Whose figure it is. */
  readonly side: string;
  /** Where, if the question has an axis: messages, callers. */
  readonly x?: number;
  /** How much, in the question's unit. */
  readonly value: number;
  /** The 99th percentile, where the value is a median. */
  readonly p99?: number;
}

/** What came of a question. */
export interface Answer {
  readonly figures: readonly Figure[];
  readonly rows: readonly Row[];
  /** Sides that could not be measured, and why. */
  readonly missing: readonly string[];
}

/** A question that the bench answers. */
export interface Question {
  /** By which it is asked for. */
  readonly name: string;
  /** What is asked, in one sentence. */
  readonly title: string;
  /** The unit of the rows' values. */
  readonly unit: string;
  /** What the horizontal axis counts; undefined: there is none, and the answer is drawn as bars. */
  readonly axis?: string;
  /** Answers it. */
  ask(servers: BenchServers, told: (note: string) => void): Promise<Answer>;
}
