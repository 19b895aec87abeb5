import { assert, assertEquals } from "@std/assert";
import type { SeenRecord } from "../../src/detection/records_tier.ts";
import { askFirstRound, askLastRound, askSecondRound } from "../../src/detection/server_tier.ts";
import type { ServerReading } from "../../src/detection/server_tier.ts";
import type { ComfyQueue } from "../../src/detection/swarm_server.ts";
import type { Clock } from "../../src/generation/clock.ts";
import type { FakeServerScript } from "../support/fake_swarm_server.ts";
import { FakeSwarmServer } from "../support/fake_swarm_server.ts";
import { ManualClock, nextTurn } from "../support/manual_clock.ts";
import {
  answered,
  childBackend,
  comfyBackend,
  queueOf,
  QUIET,
  remoteBackend,
  unanswered,
  work,
} from "../support/sample_answers.ts";
import { NOW_MS, sampleRecord, sampleSession } from "../support/sample_records.ts";

/** Asks all rounds in their order, as `detect()` does. */
async function read(
  server: FakeSwarmServer,
  seen: readonly SeenRecord[] = [],
  options: { readonly models?: boolean; readonly clock?: Clock } = {},
): Promise<ServerReading> {
  const by = { server, clock: options.clock ?? new ManualClock() };
  const first = await askFirstRound(by, { models: options.models ?? true });
  const second = await askSecondRound(by, { first, seen });
  return await askLastRound(by, { first, second, seen });
}

function seen(name: string, changes: Partial<SeenRecord> = {}): SeenRecord {
  const record = sampleRecord({ id: `gen-${name}` });
  return {
    record,
    versions: [record],
    session: sampleSession(name),
    scopes: ["user"],
    owner: "alive",
    isWithdrawn: false,
    ...changes,
  };
}

/** The entries of a log that are questions. */
function asked(server: FakeSwarmServer, kind: string): readonly string[] {
  return server.log.filter((entry) => entry.startsWith(`ask ${kind}`));
}

Deno.test("the rounds ask ComfyUI only after the counters have answered", async () => {
  const server = new FakeSwarmServer();
  const release = server.hold("global");
  const reading = read(server);
  await nextTurn();
  assertEquals(asked(server, "").toSorted(), [
    "ask backends",
    "ask global",
    "ask models",
    "ask resources",
  ]);
  assertEquals(server.log.includes("done backends"), true);
  release();
  await reading;
  const { log } = server;
  assert(log.indexOf("ask queue 0") > log.indexOf("done global"));
});

Deno.test("the rounds wait for the backends too, since they must know whom to ask", async () => {
  const server = new FakeSwarmServer();
  const release = server.hold("backends");
  const reading = read(server);
  await nextTurn();
  assertEquals(asked(server, "queue"), []);
  release();
  await reading;
  assertEquals(asked(server, "queue"), ["ask queue 0"]);
});

Deno.test("the rounds do not let slow models and resources delay the queues", async () => {
  const server = new FakeSwarmServer();
  const releaseModels = server.hold("models");
  const releaseResources = server.hold("resources");
  const reading = read(server);
  await nextTurn();
  assert(server.log.includes("done queue 0"));
  releaseModels();
  releaseResources();
  assertEquals((await reading).models, answered({ count: 12, loaded: 1 }));
});

Deno.test("the rounds ask no session before the records are known, nor on a quiet server", async () => {
  const server = new FakeSwarmServer({ global: [answered(QUIET)] });
  const reading = await read(server, [seen("own")]);
  assertEquals([reading.sessions.length, asked(server, "session")], [0, []]);
});

Deno.test("the rounds do not ask for models where they are not wanted", async () => {
  const server = new FakeSwarmServer();
  assertEquals((await read(server, [], { models: false })).models, null);
  assertEquals(server.count("models"), 0);
});

Deno.test("the rounds sample what moves twice while records and work are there", async () => {
  const server = new FakeSwarmServer({ global: [answered(work(4)), answered(work(3))] });
  const reading = await read(server, [seen("own")]);
  assertEquals(reading.globals.map(({ answer }) => answer), [answered(work(4)), answered(work(3))]);
  assertEquals([server.count("global"), server.count("session own")], [2, 2]);
  assertEquals(reading.sessions.length, 2);
});

const ROUNDS: readonly {
  readonly name: string;
  readonly server: ConstructorParameters<typeof FakeSwarmServer>[0];
  readonly seen?: readonly SeenRecord[];
  readonly globals: number;
  /** How often the queues are read. @default {1} */
  readonly queues?: number;
}[] = [
  { name: "a quiet server", server: {}, globals: 1 },
  { name: "a quiet server, a living owner", server: {}, seen: [seen("own")], globals: 1 },
  {
    name: "a quiet server, a gone owner",
    server: {},
    seen: [seen("own", { owner: "gone" })],
    globals: 2,
  },
  {
    name: "a quiet server, a foreign record",
    server: {},
    seen: [seen("own", { owner: "unseen" })],
    globals: 2,
  },
  { name: "work, no records", server: { global: [answered(work(2))] }, globals: 1 },
  {
    name: "work, no records, as many jobs as are live",
    server: { global: [answered(work(2))], queues: { 0: [answered(queueOf(1))] } },
    globals: 1,
  },
  {
    name: "work, no records, more jobs than are live",
    server: { global: [answered(work(2))], queues: { 0: [answered(queueOf(2))] } },
    globals: 2,
    queues: 2,
  },
  {
    name: "no work, but jobs",
    server: { queues: { 0: [answered(queueOf(1))] } },
    globals: 2,
    queues: 2,
  },
  {
    name: "no counters",
    server: { global: [unanswered("not_permitted")] },
    seen: [seen("own")],
    globals: 1,
  },
];

for (const row of ROUNDS) {
  Deno.test(`the rounds read counters ${row.globals}×, queues ${row.queues ?? 1}×: ${row.name}`, async () => {
    const server = new FakeSwarmServer(row.server);
    const reading = await read(server, row.seen);
    assertEquals([reading.globals.length, server.count("global")], [row.globals, row.globals]);
    const { queues = 1 } = row;
    assertEquals([reading.queuesAgain.length + 1, server.count("queue 0")], [queues, queues]);
  });
}

Deno.test("the rounds ask sessions where the counters cannot be had", async () => {
  const server = new FakeSwarmServer({ global: [unanswered("not_supported")] });
  await read(server, [seen("own"), seen("unknown", { session: null })]);
  assertEquals(asked(server, "session"), ["ask session own"]);
});

Deno.test("the rounds ask all sessions where there are no counters, 16 at a time", async () => {
  const server = new FakeSwarmServer({ global: [unanswered("not_supported")] });
  const release = server.hold("session n20");
  const many = Array.from({ length: 100 }, (_, index) => seen(`n${index}`));
  const reading = read(server, many);
  await nextTurn();
  release();
  await reading;
  assertEquals(asked(server, "session").length, 100);
  assert(server.mostUnderWay <= 17, `${server.mostUnderWay} at the same time`);
});

Deno.test("the rounds ask sessions, the newest first, until they explain the counters", async () => {
  const server = new FakeSwarmServer({
    global: [answered(work(70, 2))],
    sessions: Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [
        `n${index}`,
        [answered(index < 2 ? work(1) : index < 70 ? work(1, 0) : QUIET)],
      ]),
    ),
  });
  const reading = await read(server, Array.from({ length: 100 }, (_, index) => seen(`n${index}`)));
  const [first, second] = reading.sessions.map((session) => session.size);
  // Questions that were under way when the last one was reported are noted too.
  assert(first !== undefined && first >= 70 && first < 90, `${first} were asked`);
  assertEquals(second, first);
});

Deno.test("the rounds ask the queues of ready ComfyUI backends, 16 at a time", async () => {
  const ready = Array.from({ length: 40 }, (_, id) => comfyBackend({ id }));
  const others = ["disabled", "errored", "idle", "loading", "waiting"].map((status, index) =>
    comfyBackend({ id: 50 + index, status })
  );
  const server = new FakeSwarmServer({
    backends: [answered([...ready, ...others, remoteBackend({ id: 60 })])],
  });
  const reading = await read(server);
  assertEquals(reading.queues.map(({ backend }) => backend.id), ready.map(({ id }) => id));
  assertEquals(asked(server, "queue").length, 40);
  assert(server.mostUnderWay <= 16, `${server.mostUnderWay} at the same time`);
});

const REFUSALS = ["not_permitted", "not_supported", "server_error", "protocol"] as const;
for (const reason of REFUSALS) {
  Deno.test(`the rounds ask the first queue where the backends answer ${reason}`, async () => {
    const server = new FakeSwarmServer({ backends: [unanswered(reason)] });
    assertEquals((await read(server)).firstQueue, answered(queueOf(0)));
    assertEquals(asked(server, "queue"), ["ask queue first"]);
  });
}

const SILENCES = ["refused", "unreachable", "timeout", "permission", "not_swarmui"] as const;
for (const reason of SILENCES) {
  Deno.test(`the rounds spare the first queue where the backends answer ${reason}`, async () => {
    const server = new FakeSwarmServer({ backends: [unanswered(reason)] });
    const { firstQueue } = await read(server);
    assertEquals(firstQueue, unanswered(reason));
    assertEquals(asked(server, "queue"), []);
  });
}

Deno.test("the rounds note when the counters were asked, not when they answered", async () => {
  const clock = new ManualClock(NOW_MS);
  const server = new FakeSwarmServer({ global: [answered(work(1))] });
  const release = server.hold("global");
  await clock.advance(5);
  const reading = read(server, [seen("own")], { models: false, clock });
  await clock.advance(7);
  release();
  assertEquals((await reading).globals.map(({ askedAtMs }) => askedAtMs), [5, 12]);
});

Deno.test("the rounds do not ask for ever where a hundred queues hang", async () => {
  const ids = Array.from({ length: 100 }, (_, id) => id);
  const server = new FakeSwarmServer({
    backends: [answered(ids.map((id) => comfyBackend({ id })))],
    queues: Object.fromEntries(ids.map((id) => [id, [unanswered("timeout")]])),
  });
  let nowMs = 0;
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: () => Promise.resolve(),
  };
  // Sixteen are asked at a time, and each of them hangs for five seconds.
  server.onAsk = (question) => {
    if (question.startsWith("queue") && asked(server, "queue").length % 16 === 0) nowMs += 5_000;
  };
  const { queues } = await read(server, [], { models: false, clock });
  assertEquals(queues.length, 100);
  assert(queues.every(({ answer }) => !answer.answered && answer.reason === "timeout"));
  assert(asked(server, "queue").length < 100, "the rest was not asked");
});

Deno.test("the rounds ask no session of a server that gave no sign", async () => {
  const server = new FakeSwarmServer({
    global: [unanswered("timeout")],
    backends: [unanswered("timeout")],
  });
  await read(server, [seen("a")]);
  assertEquals(asked(server, "session"), []);
});

Deno.test("the rounds ask a backend that withholds its queue once more, behind a second list", async () => {
  const withheld = answered<ComfyQueue>({ kind: "withheld" });
  const [running, off] = [comfyBackend(), comfyBackend({ status: "disabled" })];
  const rows: readonly [string, FakeServerScript, readonly string[], readonly string[]][] = [
    ["it does so still: it is full", { queues: { 0: [withheld] } }, ["running"], ["withheld"]],
    [
      "it was only just restarted",
      { queues: { 0: [withheld, answered(queueOf(0))] } },
      ["running"],
      ["jobs"],
    ],
    [
      "it is off by now",
      { backends: [answered([running]), answered([off])], queues: { 0: [withheld] } },
      ["disabled"],
      [],
    ],
    [
      "it is gone by now",
      { backends: [answered([running]), answered([])], queues: { 0: [withheld] } },
      [],
      [],
    ],
    [
      "the second list does not come",
      { backends: [answered([running]), unanswered("timeout")], queues: { 0: [withheld] } },
      ["running"],
      [],
    ],
  ];
  for (const [what, script, states, queues] of rows) {
    const server = new FakeSwarmServer(script);
    const reading = await read(server);
    assertEquals(server.count("backends"), 2, what);
    const { backends } = reading;
    const listed = backends.answered ? backends.value.map(({ status }) => status) : [];
    const told = reading.queues.map(({ answer }) => answer.answered ? answer.value.kind : "none");
    assertEquals([listed, told], [[...states], [...queues]], what);
    assertEquals(reading.vanished.length, states.length === 0 ? 1 : 0, what);
  }
});

Deno.test("the rounds ask one running child of each remote SwarmUI, the first that it lists", async () => {
  const children = [-3, -2, -1].map((id) =>
    childBackend({ id, title: `[Remote from ${id === -3 ? 1 : 0}: a] gpu` })
  );
  const list = [remoteBackend({ id: 0 }), remoteBackend({ id: 1 }), ...children];
  const server = new FakeSwarmServer({ backends: [answered(list)] });
  await read(server);
  assertEquals(asked(server, "queue").toSorted(), ["ask queue -1", "ask queue -3"]);
  const away = list.map((one) => one.id === -1 ? { ...one, status: "idle" } : one);
  const other = new FakeSwarmServer({ backends: [answered(away)] });
  await read(other);
  assertEquals(asked(other, "queue").toSorted(), ["ask queue -2", "ask queue -3"]);
});
