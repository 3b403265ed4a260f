import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, inject, test, vi } from "vitest";
import { startRedisServer, type RedisServer } from "../servers/redis.ts";

const servers: RedisServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(...options: Parameters<typeof startRedisServer>): Promise<RedisServer> {
  const server = await startRedisServer(...options);
  servers.push(server);
  return server;
}

/** All that a server answers to some inline commands. */
async function answer(url: string, ...commands: string[]): Promise<string> {
  const { hostname, port, password } = new URL(url);
  const socket = connect(Number(port === "" ? 6379 : port), hostname);
  const authentication = password === "" ? [] : [`AUTH ${password}`];
  for (const command of [...authentication, ...commands, "QUIT"]) socket.write(`${command}\r\n`);
  let text = "";
  for await (const part of socket) text += String(part);
  return text;
}

test("the tests are given a server", async () => {
  expect(await answer(inject("cacheUrl"), "PING")).toContain("+PONG");
});

test("a server of one's own is configured as wanted, and empty after a restart on the same port", async () => {
  const server = await start({ configuration: { "maxmemory-policy": "allkeys-lru" } });
  const { url } = server;
  expect(await answer(url, "CONFIG GET maxmemory-policy", "SET key value")).toContain("allkeys-lru");
  expect(await answer(url, "GET key")).toContain("value");
  await server.restart();
  expect(server.url).toBe(url);
  expect(await answer(url, "CONFIG GET maxmemory-policy", "DBSIZE")).toMatch(/allkeys-lru[^]*:0/);
});

test("one that persists has what it had", async () => {
  const server = await start({ configuration: { appendonly: "yes", appendfsync: "always" } });
  await answer(server.url, "SET key value");
  await server.restart();
  expect(await answer(server.url, "GET key")).toContain("value");
});

test("a replica has what its master holds, and serves on when that one is killed", async () => {
  const master = await start();
  await answer(master.url, "SET key value");
  const replica = await start({ replicaOf: master });
  expect(await answer(replica.url, "GET key")).toContain("value");
  await master.kill();
  await expect(answer(master.url, "PING")).rejects.toThrow("ECONNREFUSED");
  expect(await answer(replica.url, "REPLICAOF NO ONE", "SET key other", "GET key")).toContain("other");
});

test("a frozen server keeps its connections and answers when it runs again", async () => {
  const server = await start();
  await server.freeze();
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect"); // the system takes connections for a process that does not run
  let reply = "";
  socket.on("data", (bytes) => (reply += bytes.toString()));
  socket.write("PING\r\n");
  expect(reply).toBe("");
  server.thaw();
  await vi.waitUntil(() => reply !== "", 10_000);
  socket.destroy();
});

test("a frozen server can be stopped", async () => {
  const server = await startRedisServer();
  await server.freeze();
  await server.stop();
  await expect(answer(server.url, "PING")).rejects.toThrow("ECONNREFUSED");
});
