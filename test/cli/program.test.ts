import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { PgCheckpointer } from "../../src/index.ts";
import { dropSchema, schemaFor } from "../servers/schema-per-file.ts";
import { conversationOf, expectStored, recorded } from "./recorded.ts";
import { agenity, type CliResult, root, temporaryFolder } from "./run-cli.ts";

// Each run starts a process, and most of them an embedded PostgreSQL.
const TIMEOUT_MS = 120_000;

const folder = temporaryFolder();
const dataDir = join(folder.path, "store");
const sample = join(root, "examples/conversations.jsonl");
const sampleConversations = readFileSync(sample, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => conversationOf(JSON.parse(line) as { id: string; messages: object[] }));

afterAll(folder.remove);

const inStore = (...args: string[]): Promise<CliResult> => agenity([...args, "--data-dir", dataDir]);

describe("on an embedded database", { timeout: TIMEOUT_MS }, () => {
  let imported: CliResult;

  beforeAll(async () => {
    imported = await inStore("import", sample);
  }, TIMEOUT_MS);

  test("import tells what it stored", () => {
    expect(imported.status).toBe(0);
    expect(imported.stdout).toContain("9 conversations read");
    expect(imported.stdout).toContain("9 imported, 0 continued, 0 already stored, 0 failed");
    expect(imported.stdout).toContain("stored now: 94 messages in 41 versions");
    expect(imported.stdout).toMatch(/ratio +[1-9]\d*\.\d /);
    expect(imported.stderr).not.toContain("\u001B");
  });

  test("again: it stores nothing, and says so", async () => {
    const { status, stdout } = await inStore("import", sample, "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      imported: 0,
      continued: 0,
      unchanged: 9,
      failed: 0,
      messages: 0,
      versions: 0,
      stored: { threads: 9, messages: 94, versions: 41 },
    });
    expect((await inStore("import", sample)).stdout).toContain("nothing new: all of it was stored already");
  });

  test("threads lists and finds them", async () => {
    const { status, stdout } = await inStore("threads");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^THREAD +USER +UPDATED \(UTC\) +NAME\n/);
    expect(stdout.trimEnd().split("\n")).toHaveLength(10);
    expect(stdout).toMatch(/^天気-picnic +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}日曜日のピクニック$/m);
    expect((await inStore("threads", "--search", "CAFÉ")).stdout).toContain("bakery-birthday-cake");
    const two = await inStore("--json", "threads", "--limit", "2");
    expect(JSON.parse(two.stdout)).toHaveLength(2);
    expect((await inStore("threads", "--limit", "2")).stdout).toContain("… and more");
    expect((await inStore("threads", "--user", "alice")).stdout).toBe("no threads\n");
  });

  test("show prints a conversation, now and at a version", async () => {
    const { status, stdout } = await inStore("show", "bakery-birthday-cake");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Thread {4}bakery-birthday-cake\n/);
    expect(stdout).toContain("Version   6, the newest\nStatus    completed at step 6\nMessages  13 messages\n");
    expect(stdout).toContain(`→ check_oven_plan {"date":"2026-05-16","product":"lemon cake"}`);
    expect(stdout).toContain("← place_order: ");
    expect(stdout).not.toContain("\u001B");
    const early = await inStore("show", "bakery-birthday-cake", "--version", "2");
    expect(early.stdout).toContain("Version   2 of 6\nStatus    running at step 2\nMessages  5 messages\n");
    const json = await inStore("show", "天気-picnic", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ version: 4, state: { executionMeta: { status: "completed" } } });
  });

  test("history lists the versions", async () => {
    const { status, stdout } = await inStore("history", "bakery-birthday-cake");
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(7);
    expect(lines[0]).toMatch(/^VERSION +WRITTEN \(UTC\) +CHANGE$/);
    expect(lines[1]).toMatch(/^6 .*\+2 messages: tool, assistant$/);
    expect(lines[6]).toMatch(/^1 .*\+3 messages: system, user, assistant → check_oven_plan$/);
    const json = await inStore("history", "bakery-birthday-cake", "--json", "--limit", "1");
    expect(JSON.parse(json.stdout)).toMatchObject([{ version: 6, cleared: false }]);
  });

  test("fork copies a thread at a version", async () => {
    const { status, stdout } = await inStore("fork", "school-bus-lost-bear", "another-bear", "--version", "1");
    expect([status, stdout]).toEqual([0, "forked school-bus-lost-bear into another-bear: version 1, 2 messages\n"]);
    expect((await inStore("show", "another-bear")).stdout).toContain("Messages  2 messages\n");
    const again = await inStore("fork", "school-bus-lost-bear", "another-bear");
    expect([again.status, again.stderr]).toEqual([
      1,
      `agenity: thread "another-bear" exists already; give the copy another name\n`,
    ]);
    const never = await inStore("fork", "school-bus-lost-bear", "third-bear", "--version", "77");
    expect([never.status, never.stderr]).toEqual([
      1,
      `agenity: thread "school-bus-lost-bear" has no version 77; see "agenity history"\n`,
    ]);
  });

  test.each([["show"], ["history"], ["fork", "copy"]])("%s of a thread that is not there", async (command, ...rest) => {
    const { status, stdout, stderr } = await inStore(command, "nobody", ...rest);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(`agenity: there is no thread "nobody"; "agenity threads" lists what there is\n`);
  });

  test("a reader that stops reading is no error", async () => {
    const program = [process.execPath, "--import", "tsx", "src/cli/main.ts", "show", "it-support-vpn", "--full"];
    const child = spawn(program[0] ?? "", [...program.slice(1), "--data-dir", dataDir], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect([status, stderr]).toEqual([0, ""]);
  });

  test("lines that cannot be stored are told by number, the others are stored", async () => {
    const path = join(folder.path, "mixed.jsonl");
    const talk = (id: string): string => JSON.stringify(recorded(id, 1));
    const other = JSON.stringify({ ...recorded("school-bus-lost-bear", 2) });
    const tooLong = JSON.stringify(recorded("x".repeat(513), 1));
    const lines = [
      talk("good-1"),
      "{oops",
      talk("good-1"),
      `{"id":"no-messages"}`,
      other,
      `{"id":"r","messages":[{"role":"robot"}]}`,
      tooLong,
      talk("good-2"),
    ];
    writeFileSync(path, `\uFEFF${lines.join("\r\n")}`);
    const { status, stdout, stderr } = await inStore("import", path);
    expect(status).toBe(1);
    expect(stdout).toContain("8 conversations read");
    expect(stdout).toContain("2 imported, 0 continued, 0 already stored, 6 failed");
    const problems = stderr.split("\n").filter((line) => line.startsWith(path));
    expect(problems.toSorted()).toEqual([
      expect.stringMatching(/:2: is not JSON: /),
      `${path}:3: id "good-1" stands on line 1 already`,
      `${path}:4: has no "messages"`,
      expect.stringMatching(
        /:5: thread "school-bus-lost-bear" exists and holds another conversation, which differs from message 1 on/,
      ),
      expect.stringMatching(/:6: messages\[0\]\.role: /),
      expect.stringMatching(/:7: config\.threadId: /),
    ]);
    expect((await inStore("show", "good-2")).status).toBe(0);
    expect((await inStore("show", "school-bus-lost-bear")).stdout).toContain("Messages  7 messages");
  });

  test("what was stored is what was recorded", async () => {
    const checkpointer = new PgCheckpointer({ dataDir });
    await checkpointer.setup();
    try {
      for (const conversation of sampleConversations) await expectStored(checkpointer, conversation);
    } finally {
      await checkpointer.release();
    }
  });
});

describe("on a server", { timeout: TIMEOUT_MS }, () => {
  const schema = schemaFor(import.meta.url);
  const databaseUrl = inject("databaseUrl");
  const onServer = ["--database", databaseUrl, "--schema", schema];

  afterAll(() => dropSchema(databaseUrl, schema));

  test("two imports of the same file at once store everything once", async () => {
    const results = await Promise.all(
      [1, 2].map(() => agenity(["import", sample, "--json", "--user", "alice", ...onServer])),
    );
    // Progress may be told on a slow machine; nothing else is.
    const notes = results.map(({ status, stderr }) => [status, stderr.replaceAll(/^\d+ %, \d+ messages\n/gm, "")]);
    expect(notes).toEqual([
      [0, ""],
      [0, ""],
    ]);
    const summaries = results.map(({ stdout }) => JSON.parse(stdout) as { messages: number; versions: number });
    expect(summaries.reduce((sum, { messages }) => sum + messages, 0)).toBe(94);
    expect(summaries.reduce((sum, { versions }) => sum + versions, 0)).toBe(41);
    const checkpointer = new PgCheckpointer({ postgresDsn: databaseUrl, schema });
    try {
      for (const conversation of sampleConversations) await expectStored(checkpointer, conversation);
    } finally {
      await checkpointer.release();
    }
  });

  test("threads are their user's", async () => {
    expect((await agenity(["threads", "--user", "bob", ...onServer])).stdout).toBe("no threads\n");
    expect((await agenity(["threads", "--user", "alice", ...onServer])).stdout).toContain("bakery-birthday-cake");
    const strangers = await agenity(["import", sample, "--user", "bob", ...onServer]);
    expect(strangers.status).toBe(1);
    expect(strangers.stderr.split("\n").filter((line) => line.includes("belongs to another user"))).toHaveLength(9);
    expect(strangers.stdout).toContain("nothing new was stored");
  });
});

describe("without a store", { timeout: TIMEOUT_MS }, () => {
  test.each<[string, string[], number, RegExp]>([
    ["no command", [], 2, /^Usage: agenity /],
    ["an unknown command", ["bogus"], 2, /unknown command 'bogus'/],
    ["an unknown option", ["threads", "--bogus"], 2, /unknown option '--bogus'/],
    ["a missing argument", ["show"], 2, /missing required argument 'thread'/],
    ["one argument too many", ["show", "a", "b"], 2, /too many arguments/],
    ["a version that is none", ["show", "a", "--version", "0"], 2, /Expected a whole number from 1/],
    ["a limit that is none", ["threads", "--limit", "many"], 2, /Expected a whole number from 1/],
    ["two stores", ["threads", "--database", "postgres://x/y", "--data-dir", "z"], 2, /give one of them/],
    ["a database that is none", ["threads", "--database", "nonsense"], 2, /^agenity: options\.postgresDsn: /],
    [
      "a database that does not answer",
      ["threads", "--database", "postgres://u:secret@127.0.0.1:1/x"],
      1,
      /^agenity: (?!.*secret).*database/,
    ],
    [
      "an address as a folder, which is not quoted",
      ["threads", "--data-dir", "postgresql://u:secret@127.0.0.1:1/x"],
      2,
      /^agenity: (?!.*secret)options\.dataDir: expected a folder/,
    ],
    [
      "a missing file",
      ["import", "missing.jsonl"],
      1,
      /^agenity: cannot read missing\.jsonl: there is no such file\n$/,
    ],
    ["a folder as a file", ["import", "src"], 1, /^agenity: cannot read src: it is a folder\n$/],
    [
      "a folder without a store",
      ["threads", "--data-dir", "no-such-folder"],
      1,
      /^agenity: there is no store in no-such-folder; /,
    ],
  ])("%s", async (_, args, status, stderr) => {
    const result = await agenity(args);
    expect(result.status).toBe(status);
    expect(result.stdout).toBe("");
    expect(result.stderr).toMatch(stderr);
    expect(result.stderr).not.toMatch(/\n +at /);
  });

  test("a mistake makes no store", async () => {
    const nowhere = join(folder.path, "nowhere");
    await agenity(["import", "missing.jsonl", "--data-dir", nowhere]);
    await agenity(["show", "a", "--data-dir", nowhere]);
    expect(existsSync(nowhere)).toBe(false);
    expect(readdirSync(root)).not.toContain(".agenity");
  });

  test("help and version", async () => {
    const help = await agenity(["--help"]);
    expect(help.status).toBe(0);
    for (const command of ["import", "threads", "show", "history", "fork"]) {
      expect(help.stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
      const own = await agenity([command, "--help"]);
      expect([own.status, own.stderr]).toEqual([0, ""]);
      expect(own.stdout).toContain(`$ agenity ${command}`);
      expect(own.stdout).toContain("--data-dir <folder>");
    }
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(await agenity(["--version"])).toMatchObject({ status: 0, stdout: `${version}\n` });
  });
});
