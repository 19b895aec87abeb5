import { assertEquals } from "@std/assert";
import type { SeenRecord } from "../../src/detection/records_tier.ts";
import { selectOwn } from "../../src/detection/seen_records.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import type { FakeServerScript } from "../support/fake_swarm_server.ts";
import { FakeSwarmServer, IDENTITY } from "../support/fake_swarm_server.ts";
import { answered, unanswered } from "../support/sample_answers.ts";
import { runningRecord } from "../support/sample_judged.ts";
import { HERE, NOW_MS, sampleRecord } from "../support/sample_records.ts";

function seen(changes: Partial<GenerationRecord>): SeenRecord {
  return runningRecord(sampleRecord(changes));
}

const OTHER_NAME = "http://gpu.example:7801";
const BEFORE_SESSION = { startedAt: IDENTITY.asOf - 1, serverUrl: OTHER_NAME };
const AFTER_SESSION = { startedAt: IDENTITY.asOf + 1, serverUrl: OTHER_NAME };
const RENEWED = answered({ version: "0.9.8.2", serverId: "server-2", asOf: NOW_MS });

const ROWS: readonly {
  readonly name: string;
  readonly record: Partial<GenerationRecord>;
  readonly script?: FakeServerScript;
  readonly own: boolean;
  readonly renewals?: number;
}[] = [
  { name: "the same address", record: {}, own: true },
  { name: "the same address, before a restart", record: { serverId: "server-0" }, own: true },
  {
    name: "localhost of another machine, another server_id, older than our session",
    record: { host: "north", serverId: "server-2", startedAt: IDENTITY.asOf - 1 },
    own: false,
  },
  {
    name: "localhost of another machine, another server_id, younger",
    record: { host: "north", serverId: "server-9", startedAt: IDENTITY.asOf + 1 },
    script: { renewed: RENEWED },
    own: false,
    renewals: 1,
  },
  {
    name: "localhost of a container of this machine, after a restart of the server",
    record: { host: "north", serverId: "server-2", startedAt: IDENTITY.asOf + 1 },
    script: { renewed: RENEWED },
    own: true,
    renewals: 1,
  },
  {
    name: "localhost of another machine, the same server_id",
    record: { host: "north", serverId: "server-1" },
    own: true,
  },
  {
    name: "localhost of another machine, no server_id",
    record: { host: "north", serverId: null },
    own: true,
  },
  {
    name: "localhost of an unknown machine",
    record: { host: null, serverId: "server-2" },
    own: true,
  },
  {
    name: "another name of this machine",
    record: { serverUrl: "http://localhost:7801" },
    own: true,
  },
  { name: "no address, as the original writes", record: { serverUrl: null }, own: true },
  {
    name: "another address, the same server_id",
    record: { ...AFTER_SESSION, serverId: "server-1" },
    own: true,
  },
  {
    name: "another address, no server_id",
    record: { ...AFTER_SESSION, serverId: null },
    own: false,
  },
  {
    name: "another address, another server_id, older than our session",
    record: { ...BEFORE_SESSION, serverId: "server-2" },
    script: { renewed: RENEWED },
    own: false,
  },
  {
    name: "another address, another server_id, younger: the server was restarted",
    record: { ...AFTER_SESSION, serverId: "server-2" },
    script: { renewed: RENEWED },
    own: true,
    renewals: 1,
  },
  {
    name: "another address, really another server",
    record: { ...AFTER_SESSION, serverId: "server-9" },
    script: { renewed: RENEWED },
    own: false,
    renewals: 1,
  },
  {
    name: "the session cannot be renewed",
    record: { ...AFTER_SESSION, serverId: "server-2" },
    script: { renewed: unanswered("timeout") },
    own: false,
    renewals: 1,
  },
  {
    name: "no session, so nothing to compare",
    record: { ...AFTER_SESSION, serverId: "server-1" },
    script: { identity: null },
    own: false,
  },
  {
    name: "a server that gives no server_id",
    record: { ...BEFORE_SESSION, serverId: null },
    script: { identity: { ...IDENTITY, serverId: null } },
    own: false,
  },
];

for (const { name, record, script, own, renewals = 0 } of ROWS) {
  Deno.test(`selectOwn(): ${name}: ${own ? "own" : "other"}`, async () => {
    const server = new FakeSwarmServer(script);
    const entry = seen(record);
    assertEquals(await selectOwn([entry], server, HERE), own ? [entry] : []);
    assertEquals(server.count("renew"), renewals);
  });
}

Deno.test("selectOwn() renews the session once for many records, and drops those of before the restart", async () => {
  const server = new FakeSwarmServer({ renewed: RENEWED });
  const entries = [
    seen({ ...AFTER_SESSION, id: "gen-new1", serverId: "server-2" }),
    seen({ ...AFTER_SESSION, id: "gen-new2", serverId: "server-2" }),
    seen({ ...AFTER_SESSION, id: "gen-far", serverId: "server-9" }),
    seen({ ...BEFORE_SESSION, id: "gen-old", serverId: "server-1" }),
    seen({ id: "gen-here" }),
  ];
  const own = await selectOwn(entries, server, HERE);
  assertEquals(own.map(({ record }) => record.id), ["gen-new1", "gen-new2", "gen-here"]);
  assertEquals(server.count("renew"), 1);
});

Deno.test("selectOwn() asks nothing where there is nothing to compare", async () => {
  const server = new FakeSwarmServer();
  await selectOwn([], server, HERE);
  await selectOwn([seen({}), seen({ serverUrl: null })], server, HERE);
  assertEquals(server.log, []);
});
