/**
 * Answers the bench's questions: each beside its limit and its peers, in one run, on servers that are started for it.
 * Run: npm run bench [-- QUESTION …]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { Argument, Command } from "commander";
import { draw } from "./charts.ts";
import { describeMachine } from "./machine.ts";
import { report } from "./measure.ts";
import type { Answer, Question } from "./question.ts";
import { checkpoint } from "./questions/checkpoint.ts";
import { crowd } from "./questions/crowd.ts";
import { growth } from "./questions/growth.ts";
import { messages } from "./questions/messages.ts";
import { reads } from "./questions/reads.ts";
import { resume } from "./questions/resume.ts";
import { storage } from "./questions/storage.ts";
import { writes } from "./questions/writes.ts";
import { openServers } from "./servers.ts";

const questions: readonly Question[] = [growth, resume, storage, writes, reads, messages, checkpoint, crowd];

/** Beside this file: JSON for whoever looks closer, SVG for whoever looks. */
const results = new URL("results/", import.meta.url);

const program = new Command("bench")
  .addArgument(new Argument("[questions...]", "all unless told").choices(questions.map(({ name }) => name)))
  .parse();
const asked = program.args.length === 0 ? questions : questions.filter(({ name }) => program.args.includes(name));

mkdirSync(results, { recursive: true });
for (const question of asked) {
  console.log(`\n${question.title}`);
  await using servers = await openServers();
  const machine = await describeMachine(servers);
  const startedAt = performance.now();
  const answer = await question.ask(servers, (note) => console.log(`  … ${note}`));
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  print(answer);
  console.log(`  ${seconds} s; ${machine.processors}, Node ${machine.node}, PostgreSQL ${machine.postgres}`);
  const { name, title } = question;
  const json = { name, title, machine, seconds, ...answer };
  writeFileSync(new URL(`${name}.json`, results), `${JSON.stringify(json, null, 2)}\n`);
  for (const chart of answer.charts) {
    const file = chart.name === "" ? name : `${name}-${chart.name}`;
    writeFileSync(new URL(`${file}.svg`, results), await draw(chart));
  }
}

function print({ figures, charts, missing }: Answer): void {
  for (const { unit, rows } of charts) {
    for (const { side, x, value, p99 } of rows) {
      const place = x === undefined ? "" : ` at ${x}`;
      const tail = p99 === undefined ? "" : `, p99 ${p99.toPrecision(3)}`;
      console.log(`  ${side}${place}: ${value.toPrecision(3)} ${unit}${tail}`);
    }
  }
  for (const why of missing) console.log(`  not measured: ${why}`);
  for (const { what, value, aim } of figures) report(what, value, aim);
}
