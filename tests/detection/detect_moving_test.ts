/** Work that moves while a look is under way, and records of other servers. */
import { assert, assertEquals } from "@std/assert";
import type { Answer } from "../../src/detection/answer.ts";
import { BackendHistory } from "../../src/detection/backend_history.ts";
import { detect } from "../../src/detection/detect.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import { FakeOwnerLocks } from "../support/fake_owner_locks.ts";
import { FakeStore } from "../support/fake_store.ts";
import { FakeSwarmServer, IDENTITY } from "../support/fake_swarm_server.ts";
import { ManualClock, nextTurn } from "../support/manual_clock.ts";
import {
  answered,
  comfyBackend,
  queueOf,
  QUIET,
  unanswered,
  work,
} from "../support/sample_answers.ts";
import {
  foreignRecord,
  HERE,
  NOW_MS,
  sampleRecord,
  sampleSession,
} from "../support/sample_records.ts";
import { KILLED, OWN, play, TickingClock } from "../support/scenario.ts";
import { waitFor } from "../support/wait_for.ts";

function twice(first: Counters, second: Counters): readonly Answer<Counters>[] {
  return [answered(first), answered(second)];
}

Deno.test("detect() invents no untracked work when an image ends between two questions", async () => {
  const { report } = await play({
    server: { global: twice(work(4), work(3)), sessions: { own: twice(work(3), work(3)) } },
    records: [OWN],
  });
  assertEquals([report.verdict, report.generationsRunning, report.images.untracked], [
    "busy",
    1,
    0,
  ]);
});

Deno.test("detect() invents nothing when the own run is accepted between two questions", async () => {
  const { report } = await play({
    server: {
      global: twice(work(1), work(5)),
      sessions: { own: twice(work(4), work(4)) },
    },
    records: [OWN],
  });
  // The one image of the web UI may be hidden, but the run is shown and the number is a minimum.
  assertEquals([report.verdict, report.generationsRunning, report.images.untracked], [
    "busy",
    1,
    0,
  ]);
});

Deno.test("detect() hides no untracked work that both readings show", async () => {
  const { report } = await play({
    server: { global: twice(work(9), work(8)), sessions: { own: twice(work(4), work(3)) } },
    records: [OWN],
  });
  assertEquals([report.generationsRunning, report.images.untracked], [2, 4]);
  assertEquals(report.basis, "at_least");
});

Deno.test("detect() does not say exact where the readings disagree", async () => {
  const { report } = await play({
    server: { global: twice(work(5), work(4)), sessions: { own: twice(work(4), work(3)) } },
    records: [OWN],
  });
  assertEquals([report.generationsRunning, report.images.untracked, report.basis], [
    1,
    0,
    "at_least",
  ]);
});

Deno.test("detect() says busy if the last work ended while it was asking", async () => {
  const { report } = await play({
    server: { global: twice(work(1), QUIET), queues: { 0: [answered(queueOf(1))] } },
  });
  assertEquals([report.verdict, report.generationsRunning], ["busy", 1]);
});

Deno.test("detect() says busy if work came after the first zero", async () => {
  const { report } = await play({
    server: { global: twice(QUIET, work(2)), queues: { 0: [answered(queueOf(1))] } },
  });
  assertEquals([report.verdict, report.images.outstanding], ["busy", 2]);
});

Deno.test("detect() never calls a killed run ended by zeros older than its request", async () => {
  const { report, prunable, server } = await play({
    server: { global: twice(QUIET, work(4)), sessions: { own: [answered(work(4))] } },
    records: [KILLED],
  });
  assertEquals(server.count("global"), 2);
  assertEquals([report.verdict, prunable], ["busy", []]);
  assertEquals(report.uncertain.map(({ record }) => record.id), ["gen-own"]);
});

Deno.test("detect() ends a killed run in each scope as it was left there", async () => {
  // The process was killed between writing one scope and the other, whichever came first.
  for (const ageMs of [250, -250]) {
    const other = { ...KILLED.record, updatedAt: KILLED.record.updatedAt - ageMs };
    const { prunable } = await play({ records: [{ ...KILLED, inDirectory: other }] });
    assertEquals(new Set(prunable), new Set([KILLED.record, other]));
  }
});

Deno.test("detect() keeps a killed run uncertain where the second zero does not come", async () => {
  const { report, prunable } = await play({
    server: { global: [answered(QUIET), unanswered("timeout")] },
    records: [KILLED],
  });
  assertEquals([report.verdict, report.generationsRunning, prunable], ["unknown", null, []]);
});

Deno.test("detect() does not end a foreign run by a zero that was read before its record", async () => {
  const { report } = await play({
    server: { global: twice(QUIET, work(1)) },
    records: [{ record: foreignRecord() }],
  });
  assertEquals([report.verdict, report.active.length], ["busy", 1]);
  assertEquals(report.active[0]?.verified, false);
});

Deno.test("detect() asks no queue until a slow counter has answered, however quick the rest is", async () => {
  const server = new FakeSwarmServer({ backends: [answered([comfyBackend()])] });
  const release = server.hold("global");
  const stores = [new FakeStore("user", [{ record: OWN.record, session: sampleSession("own") }])];
  const detecting = detect({
    stores,
    locks: new FakeOwnerLocks(),
    hostname: () => HERE,
    server,
    clock: new TickingClock(),
    history: new BackendHistory(),
  }, { models: true });
  await nextTurn();
  assert(server.log.includes("done models"));
  assertEquals(server.log.filter((entry) => /queue|session/.test(entry)), []);
  release();
  await detecting;
  assert(server.log.includes("done queue 0"));
});

const ELSEWHERE = sampleRecord({
  id: "gen-far",
  serverUrl: "http://gpu.example:7801",
  serverId: "server-9",
  startedAt: IDENTITY.asOf - 1,
});

for (
  const [begun, script] of [
    ["a request", { global: twice(QUIET, work(1)) }],
    ["a direct job", { queues: { 0: [answered(queueOf(0)), answered(queueOf(1))] } }],
  ] as const
) {
  for (const slow of ["models", "resources"]) {
    Deno.test(`detect() sees ${begun} that began while it waited for the ${slow}`, async () => {
      const server = new FakeSwarmServer(script);
      const clock = new ManualClock(NOW_MS);
      const release = server.hold(slow);
      const looking = detect({
        stores: [],
        locks: new FakeOwnerLocks(),
        hostname: () => HERE,
        server,
        clock,
        history: new BackendHistory(),
      }, { models: true });
      await waitFor(() => server.log.includes("done queue 0"), { what: "the queue to be read" });
      await clock.advance(4_000);
      release();
      const { report } = await looking;
      assertEquals([report.verdict, report.generationsRunning], ["busy", 1]);
      assertEquals(
        [report.images.untracked, report.comfyJobs.unattributed],
        begun === "a request" ? [1, 0] : [0, 1],
      );
    });
  }
}

Deno.test("detect() counts no record of another server, and mentions it", async () => {
  const { report, prunable, server } = await play({
    records: [{ record: ELSEWHERE, session: "far", lock: "free" }],
  });
  assertEquals([report.verdict, report.generationsRunning], ["idle", 0]);
  assertEquals(report.elsewhere, [{ serverUrl: "http://gpu.example:7801", records: 1 }]);
  assertEquals([prunable, server.count("session far")], [[], 0]);
});

Deno.test("detect() counts a record of this server under another name", async () => {
  const { report } = await play({
    records: [{ record: { ...ELSEWHERE, serverId: "server-1" } }],
  });
  assertEquals([report.verdict, report.generationsRunning, report.elsewhere], ["busy", 1, []]);
});

Deno.test("detect() renews the session once to know a restarted server again", async () => {
  const renewed = { version: "0.9.8.2", serverId: "server-2", asOf: NOW_MS };
  const { report, server } = await play({
    server: { renewed: answered(renewed) },
    records: [{ record: { ...ELSEWHERE, serverId: "server-2", startedAt: NOW_MS - 1_000 } }],
  });
  assertEquals([report.verdict, server.count("renew")], ["busy", 1]);
  assertEquals(report.identity, renewed);
});

Deno.test("detect() lists the oldest generation first, so that its number stays", async () => {
  const { report } = await play({
    records: [
      { record: sampleRecord({ id: "gen-young", startedAt: NOW_MS - 1_000 }) },
      { record: sampleRecord({ id: "gen-old", startedAt: NOW_MS - 9_000 }) },
    ],
  });
  assertEquals(report.active.map(({ record }) => record.id), ["gen-old", "gen-young"]);
});
