import type { Latency } from "./measure.ts";
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
  /** Where, if the chart has an axis: messages, callers. */
  readonly x?: number;
  /** How much, in the chart's unit. */
  readonly value: number;
  /** The 99th percentile, where the value is a median. */
  readonly p99?: number;
}

/** A row for each side's latency. */
export function rowsOf(measured: Readonly<Record<string, Latency>>, x?: number): Row[] {
  const place = x === undefined ? {} : { x };
  return Object.entries(measured).map(([side, { p50Ms, p99Ms }]) => ({ side, ...place, value: p50Ms, p99: p99Ms }));
}

/** Rows that are looked at together. */
export interface Chart {
  /** What tells it from the question's other charts, as a part of its file's name; empty: the question's only or main one. */
  readonly name: string;
  /** The unit of the rows' values. */
  readonly unit: string;
  /** What the horizontal axis counts; undefined: there is none, and it is drawn as bars. */
  readonly axis?: string;
  readonly rows: readonly Row[];
}

/** What came of a question. */
export interface Answer {
  readonly figures: readonly Figure[];
  readonly charts: readonly Chart[];
  /** Sides that could not be measured, and why. */
  readonly missing: readonly string[];
}

/** A question that the bench answers. */
export interface Question {
  /** By which it is asked for. */
  readonly name: string;
  /** What is asked, in one sentence. */
  readonly title: string;
  /** Answers it. */
  ask(servers: BenchServers, told: (note: string) => void): Promise<Answer>;
}
