import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditThreads, commitDrafts } from "./audit.ts";
import { checkHistory } from "./check-history.ts";
import { FaultActions } from "./fault-actions.ts";
import { planFaults } from "./fault-plan.ts";
import type { History, Violation } from "./history.ts";
import { nowMs } from "./record-file.ts";
import { Servers } from "./servers.ts";
import { buildWorkerProgram } from "./worker-program.ts";
import { Worker, workerKinds } from "./workers.ts";

/** What came of a round. */
export interface RoundResult {
  readonly seed: number;
  readonly history: History;
  readonly violations: readonly Violation[];
  /** Where the records are; they are removed where nothing was violated. */
  readonly folder: string;
}

/**
 * Lets the workers work and the faults happen, on servers of the round's own, until all is quiet; then checks what was recorded.
 *
 * @param told - is told how much of its length is over
 */
export async function runRound(
  seed: number,
  lengthMs: number,
  told: (doneMs: number) => void = () => {},
): Promise<RoundResult> {
  const folder = mkdtempSync(join(tmpdir(), `agenity-torture-${seed}-`));
  const run = { seed, folder, program: await buildWorkerProgram() };
  await using servers = await Servers.start();
  const workers: Worker[] = [];
  try {
    const started = [...workerKinds.keys()].map((index) => Worker.start(servers, index, run));
    workers.push(...(await Promise.all(started)));
    const actions = new FaultActions(servers, workers);
    const fromMs = nowMs();
    const telling = setInterval(() => told(Math.min(lengthMs, nowMs() - fromMs)), 200);
    await actions.follow(planFaults(seed, lengthMs, workers.length), lengthMs);
    clearInterval(telling);
    await Promise.all(workers.map((worker) => worker.heal()));
    await Promise.all(workers.map((worker) => worker.finish()));
    const left = await commitDrafts(servers);
    const threads = await auditThreads(servers);
    const records = workers.map((worker) => worker.records());
    const history: History = {
      operations: records.flatMap(({ operations }) => operations),
      events: records.flatMap(({ events }) => events),
      faults: actions.done,
      threads,
    };
    const crashes = workers.flatMap((worker) => worker.crashes).map(crashed);
    const violations = [...checkHistory(history), ...left.map(stayed), ...crashes];
    if (violations.length === 0) rmSync(folder, { recursive: true });
    else writeFileSync(join(folder, "history.json"), JSON.stringify({ faults: history.faults, threads, violations }));
    return { seed, history, violations, folder };
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()));
    for (const worker of workers) worker.close();
    rmSync(run.program);
  }
}

function crashed(text: string): Violation {
  return { rule: "process ended by itself", thread: "", text, operations: [] };
}

function stayed(key: string): Violation {
  return { rule: "draft left", thread: key, text: "drafts were not committed by anybody", operations: [] };
}
