import { setTimeout as wait } from "node:timers/promises";
import type { TcpProxy } from "../servers/tcp-proxy.ts";
import type { FaultPlan, LinkFault, PlannedFault, PostgresFault, RedisFault } from "./fault-plan.ts";
import type { Fault } from "./history.ts";
import { nowMs } from "./record-file.ts";
import { SCHEMA, type Servers } from "./servers.ts";
import type { Worker } from "./workers.ts";

/** Those by which Redis loses drafts, as its documentation says. */
const LOSING: ReadonlySet<string> = new Set<RedisFault>(["restart empty", "flush", "fail over to a lagging replica"]);

/** Does what a plan says, and records it. */
export class FaultActions {
  /** What was done so far. */
  readonly done: Fault[] = [];
  readonly #servers: Servers;
  readonly #workers: readonly Worker[];
  #untilMs = 0;

  constructor(servers: Servers, workers: readonly Worker[]) {
    this.#servers = servers;
    this.#workers = workers;
  }

  /** Answers when all is done and over, or when there is no time left for another fault. */
  async follow(plan: FaultPlan, timeMs: number): Promise<void> {
    this.#untilMs = nowMs() + timeMs;
    const perWorker = this.#workers.flatMap((worker, index) => {
      const planned = plan.workers[index];
      if (planned === undefined) return [];
      return [
        this.#series(`${worker.name} to PostgreSQL`, planned.postgres, (fault) => onLink(worker.postgres, fault)),
        this.#series(`${worker.name} to Redis`, planned.redis, (fault) => onLink(worker.redis, fault)),
        this.#series(worker.name, planned.process, async ({ lengthMs }) => {
          await worker.kill();
          await wait(lengthMs);
          await worker.begin();
        }),
      ];
    });
    await Promise.all([
      ...perWorker,
      this.#series("Redis", plan.redis, (fault) => this.#onRedis(fault)),
      this.#series("PostgreSQL", plan.postgres, (fault) => this.#onPostgres(fault)),
    ]);
  }

  async #series<Kind extends string>(
    target: string,
    planned: readonly PlannedFault<Kind>[],
    act: (fault: PlannedFault<Kind>) => Promise<void>,
  ): Promise<void> {
    for (const fault of planned) {
      await wait(Math.min(fault.pauseMs, Math.max(0, this.#untilMs - nowMs())));
      if (nowMs() >= this.#untilMs) return;
      const fromMs = nowMs();
      await act(fault);
      const losesDrafts = target === "Redis" && LOSING.has(fault.kind);
      this.done.push({ kind: fault.kind, target, fromMs, toMs: nowMs(), losesDrafts });
    }
  }

  async #onRedis({ kind, lengthMs }: PlannedFault<RedisFault>): Promise<void> {
    const { redis } = this.#servers;
    switch (kind) {
      case "freeze":
        await redis.freeze();
        await wait(lengthMs);
        redis.thaw();
        return;
      case "restart empty":
        await redis.kill();
        await wait(lengthMs);
        await redis.restart();
        return;
      case "flush":
        await this.#servers.flushRedis();
        return;
      case "fail over to a lagging replica":
        await this.#servers.saveRedis();
        await wait(lengthMs);
        await this.#servers.restartRedisSaved();
        return;
    }
  }

  async #onPostgres({ kind, lengthMs }: PlannedFault<PostgresFault>): Promise<void> {
    const { postgres } = this.#servers;
    switch (kind) {
      case "freeze":
        postgres.freeze();
        await wait(lengthMs);
        postgres.thaw();
        return;
      case "kill -9":
        await postgres.kill();
        await wait(lengthMs);
        await postgres.start();
        return;
      case "quit at once":
        await postgres.quit();
        await wait(lengthMs);
        await postgres.start();
        return;
      case "lock rows":
        await this.#lock(`select from ${SCHEMA}.agent_threads where hashtext(thread_id) % 2 = 0 for update`, lengthMs);
        return;
      case "lock a table":
        await this.#lock(`lock table ${SCHEMA}.agent_states in access exclusive mode`, lengthMs);
        return;
      case "take all connections":
        await this.#exhaust(lengthMs);
        return;
      case "report a full disk":
        await this.#fillDisk(lengthMs);
        return;
    }
  }

  async #lock(statement: string, lengthMs: number): Promise<void> {
    const session = await this.#servers.session();
    await session.query("begin");
    await session.query(statement);
    await wait(lengthMs);
    await session.query("rollback");
    await session.end();
  }

  /** Whatever needs room for a new row is refused as on a full disk, behind what the statement has done before. */
  async #fillDisk(lengthMs: number): Promise<void> {
    const tables = [`${SCHEMA}.agent_states`, `${SCHEMA}.agent_messages`];
    await this.#servers.sql(
      `create or replace function ${SCHEMA}.full_disk() returns trigger language plpgsql as $$
       begin raise exception 'could not extend file: no space left on device' using errcode = 'disk_full'; end $$`,
      ...tables.map(
        (table) => `create trigger full_disk after insert on ${table} execute function ${SCHEMA}.full_disk()`,
      ),
    );
    await wait(lengthMs);
    await this.#servers.sql(...tables.map((table) => `drop trigger full_disk on ${table}`));
  }

  /** Some of the workers' own are ended, so that they need new ones. */
  async #exhaust(lengthMs: number): Promise<void> {
    const giveBack = await this.#servers.takeConnections();
    await this.#servers.sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'agenity' and pid % 2 = 0",
    );
    const giveBackThose = await this.#servers.takeConnections();
    await wait(lengthMs);
    await Promise.all([giveBack(), giveBackThose()]);
  }
}

async function onLink(link: TcpProxy, { kind, lengthMs }: PlannedFault<LinkFault>): Promise<void> {
  switch (kind) {
    case "delay":
      link.delay(Math.ceil(lengthMs / 5));
      await wait(lengthMs);
      link.delay(0);
      return;
    case "cut":
      link.cut();
      return;
    case "black hole":
      link.blackHole();
      await wait(lengthMs);
      link.cut();
      await link.accept();
      return;
    case "refuse":
      link.refuse();
      link.cut();
      await wait(lengthMs);
      await link.accept();
      return;
    case "hold replies":
      link.hold("replies");
      await wait(lengthMs);
      link.release("replies");
      return;
    case "swallow a reply":
      // Of whatever is sent next, if anything is.
      await Promise.race([link.cutAfterRequest(() => true), wait(lengthMs)]);
      return;
  }
}
