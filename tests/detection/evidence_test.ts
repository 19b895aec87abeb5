import { assert, assertEquals } from "@std/assert";
import { BackendHistory } from "../../src/detection/backend_history.ts";
import { detect } from "../../src/detection/detect.ts";
import type { Evidence } from "../../src/detection/report.ts";
import { FakeOwnerLocks } from "../support/fake_owner_locks.ts";
import { FakeStore, NO_PERMISSION } from "../support/fake_store.ts";
import { FakeSwarmServer, IDENTITY } from "../support/fake_swarm_server.ts";
import type { FakeServerScript } from "../support/fake_swarm_server.ts";
import { ManualClock } from "../support/manual_clock.ts";
import {
  answered,
  comfyBackend,
  counters,
  queueOf,
  QUIET,
  unanswered,
  work,
} from "../support/sample_answers.ts";
import { HERE, sampleRecord, sampleSession } from "../support/sample_records.ts";
import { play } from "../support/scenario.ts";

async function evidence(
  server: FakeServerScript,
  stores: readonly FakeStore[] = [],
): Promise<readonly Evidence[]> {
  const { report } = await detect({
    stores,
    locks: new FakeOwnerLocks(),
    hostname: () => HERE,
    server: new FakeSwarmServer(server),
    clock: new ManualClock(),
    history: new BackendHistory(),
  }, { models: true });
  return report.evidence;
}

function named(all: readonly Evidence[], source: string): readonly Evidence[] {
  return all.filter((one) => one.source === source);
}

Deno.test("detect() gives evidence of every tier, records first, then this process, then the server", async () => {
  const own = { record: sampleRecord(), session: sampleSession("own") };
  const all = await evidence({
    global: [answered(work(2))],
    sessions: { own: [answered(work(2))] },
  }, [
    new FakeStore("process", [own]),
    new FakeStore("directory"),
    new FakeStore("user", [own]),
  ]);
  assertEquals(
    all.map((
      { tier, scope, source, answered, detail },
    ) => [tier, scope ?? source, answered, detail]),
    [
      ["records", "directory", true, { records: 0, running: 0 }],
      ["records", "user", true, { records: 1, running: 1 }],
      ["process", "process", true, { generations: 1 }],
      ...[1, 2].map(() => ["server", "global_status", true, {
        waiting_gens: 2,
        loading_models: 0,
        waiting_backends: 0,
        live_gens: 1,
      }]),
      ["server", "comfy_queue", true, { backends: 1, remaining: 0 }],
      ["server", "session_status", true, { sessions: 1, working: 1 }],
      ["server", "backend_status", true, { backends: 1, running: 1 }],
      ["server", "models", true, { count: 12, loaded: 1 }],
      ["server", "resources", true, { gpus: 0 }],
    ],
  );
  for (const one of all) assert(one.sees.length > 0);
});

Deno.test("detect() says why a source did not answer and what would help", async () => {
  const directory = new FakeStore("directory");
  directory.reading = NO_PERMISSION;
  const all = await evidence({
    global: [unanswered("not_permitted", {
      needs: "permission read_server_info_panels",
      message: "You lack a permission",
    })],
    queues: { 0: [unanswered("timeout", { elapsedMs: 5_000 })] },
    resources: [unanswered("server_error")],
  }, [directory]);
  const silent = all.filter(({ answered }) => !answered).map(
    ({ sees: _, ...one }) => one,
  );
  assertEquals(silent, [
    {
      tier: "records",
      scope: "directory",
      elapsedMs: 0,
      answered: false,
      reason: "permission",
      message: "Cannot read the state file: no permission",
      needs: "--allow-read=.",
      detail: {},
    },
    {
      tier: "server",
      source: "global_status",
      elapsedMs: 1,
      answered: false,
      reason: "not_permitted",
      needs: "permission read_server_info_panels",
      message: "You lack a permission",
      detail: {},
    },
    {
      tier: "server",
      source: "comfy_queue",
      elapsedMs: 5_000,
      answered: false,
      reason: "timeout",
      detail: {},
    },
    {
      tier: "server",
      source: "resources",
      elapsedMs: 1,
      answered: false,
      reason: "server_error",
      detail: {},
    },
  ]);
});

Deno.test("detect() takes the queues as answered only if every one did", async () => {
  const backends = [answered([comfyBackend({ id: 0 }), comfyBackend({ id: 1 })])];
  const half = await evidence({ backends, queues: { 1: [unanswered("timeout")] } });
  assertEquals(named(half, "comfy_queue").map(({ answered }) => answered), [false]);
  const whole = await evidence({ backends, queues: { 1: [answered(queueOf(3))] } });
  // There are more jobs than the counters show, so they were read twice.
  const detail = { backends: 2, remaining: 3 };
  assertEquals(named(whole, "comfy_queue").map((one) => one.detail), [detail, detail]);
});

Deno.test("detect() counts a session that only loads a model as working", async () => {
  const loading = counters({ loadingModels: 1 });
  const all = await evidence({
    global: [answered(loading)],
    sessions: { own: [answered(loading)] },
  }, [
    new FakeStore("user", [{ record: sampleRecord(), session: sampleSession("own") }]),
  ]);
  assertEquals(named(all, "session_status").map(({ detail }) => detail), [{
    sessions: 1,
    working: 1,
  }]);
});

Deno.test("detect() passes on warnings of a store, and names scopes that could not be read", async () => {
  const directory = new FakeStore("directory");
  directory.reading = { answered: true, publications: [], problems: ["Line 1 is not JSON"] };
  const [first] = await evidence({}, [directory]);
  assertEquals([first?.answered, first?.problems], [true, ["Line 1 is not JSON"]]);
  const user = new FakeStore("user");
  user.reading = { answered: false, reason: "failed", message: "Cannot read it" };
  const { report } = await detect({
    stores: [user],
    locks: new FakeOwnerLocks(),
    hostname: () => null,
    server: new FakeSwarmServer(),
    clock: new ManualClock(),
    history: new BackendHistory(),
  }, { models: false });
  assertEquals(report.blindSpots, [
    "generations that this user started with this tool, in any directory",
  ]);
  assertEquals(named(report.evidence, "models"), []);
});

Deno.test("detect() reports the time of the quickest answer, and its source only if there was one", async () => {
  const { report } = await play({
    server: {
      global: [{ ...answered(QUIET), elapsedMs: 9 }],
      backends: [{ ...answered([comfyBackend()]), elapsedMs: 4 }],
    },
  });
  assertEquals([report.responseTimeMs, report.identity], [4, IDENTITY]);
  const silence = [unanswered("unreachable")];
  const away = await play({
    server: { global: silence, backends: silence, models: silence, resources: silence },
  });
  assertEquals([away.report.responseTimeMs, away.report.identity], [null, null]);
});
