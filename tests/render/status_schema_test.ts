/** Real documents against `schemas/status.v1.json`, and what is true of every report. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Answer } from "../../src/detection/answer.ts";
import { statusDocument } from "../../src/render/status/status_document.ts";
import { statusText } from "../../src/render/status/status_text.ts";
import { loadSchema } from "../support/json_schema.ts";
import { answered, comfyBackend, queueOf, unanswered } from "../support/sample_answers.ts";
import { foreignRecord, NOW_MS, sampleRecord } from "../support/sample_records.ts";
import { reportedBackend, sampleGeneration, sampleReport } from "../support/sample_report.ts";
import type { PlacedRecord, Played, Scenario } from "../support/scenario.ts";
import { play } from "../support/scenario.ts";

const faultsOf = await loadSchema("status.v1.json");

const anyNoAnswer = fc.constantFrom(
  ...([
    "permission",
    "not_permitted",
    "refused",
    "not_supported",
    "unreachable",
    "timeout",
  ] as const),
  ...(["not_swarmui", "protocol", "server_error", "failed"] as const),
).map((reason) => unanswered(reason, { needs: "something", message: "foreign" }));

/** One to three answers to the same question; some of them are missing. */
function anyScript<T>(value: fc.Arbitrary<T>): fc.Arbitrary<readonly Answer<T>[]> {
  const one = fc.oneof({ weight: 4, arbitrary: value.map(answered) }, {
    weight: 1,
    arbitrary: anyNoAnswer,
  });
  return fc.array(one, { minLength: 1, maxLength: 3 });
}

const anyCount = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(5));
const anyCounters = fc.oneof(
  fc.constant({ waitingGens: 0, loadingModels: 0, waitingBackends: 0, liveGens: 0 }),
  fc.record({
    waitingGens: anyCount,
    loadingModels: anyCount,
    waitingBackends: anyCount,
    liveGens: anyCount,
  }),
);
const anyQueue = fc.oneof(fc.constant({ kind: "dead" } as const), anyCount.map(queueOf));
const anyBackend = fc.record({
  type: fc.constantFrom("comfyui_selfstart", "comfyui_api", "swarmswarmbackend"),
  status: fc.constantFrom(
    "running",
    "running",
    "idle",
    "errored",
    "disabled",
    "loading",
    "waiting",
  ),
});
const anyBackends = fc.array(anyBackend, { maxLength: 3 }).map((all) =>
  all.map((changes, id) => comfyBackend({ id, ...changes }))
);

function anyRecord(name: string): fc.Arbitrary<PlacedRecord> {
  const record = fc.record({
    status: fc.constantFrom("pending", "starting", "generating"),
    progress: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    updatedAt: fc.constantFrom(0, 20_000, 40_000, 3_600_000, -3_600_000).map((age) => NOW_MS - age),
    serverUrl: fc.constantFrom("http://127.0.0.1:7801", "http://far.example:7801", null),
    serverId: fc.constantFrom("server-1", "server-2", null),
    imagesTotal: fc.option(fc.nat(4)),
  });
  return fc.record({
    record: fc.tuple(fc.boolean(), record).map(([foreign, changes]) =>
      foreign ? foreignRecord({ id: `f-${name}` }) : sampleRecord({ id: `gen-${name}`, ...changes })
    ),
    lock: fc.constantFrom("held", "free", "absent", "unseen"),
    scopes: fc.constantFrom(["directory"], ["user"], ["directory", "user"], ["process"]),
  }).map((placed): PlacedRecord =>
    // A session is first published with the status `starting`.
    placed.record.status === "pending" ? placed : { ...placed, session: name }
  );
}

const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  server: fc.record({
    global: anyScript(anyCounters),
    backends: anyScript(anyBackends),
    models: anyScript(fc.constant({ count: 12, loaded: 1 })),
    queues: fc.record({
      first: anyScript(anyQueue),
      0: anyScript(anyQueue),
      1: anyScript(anyQueue),
      2: anyScript(anyQueue),
    }),
    sessions: fc.record({
      one: anyScript(fc.oneof(fc.constant("gone" as const), anyCounters)),
      two: anyScript(anyCounters),
    }),
  }),
  records: fc.tuple(anyRecord("one"), anyRecord("two"), fc.nat(2)).map(([one, two, count]) =>
    [one, two].slice(0, count)
  ),
});

/** Whether any source that was really asked showed work. */
function sawWork({ report }: Played): boolean {
  return report.evidence.some(({ source, detail }) => {
    const { remaining, working, waiting_gens, loading_models, waiting_backends, live_gens } =
      detail;
    const counted = [waiting_gens, loading_models, waiting_backends, live_gens];
    if (source === "global_status") return counted.some((value) => Number(value ?? 0) > 0);
    return Number(remaining ?? 0) > 0 || (source === "session_status" && Number(working) > 0);
  });
}

Deno.test("detect() keeps its guarantees in any situation, and the document its schema", async () => {
  const verdicts = new Set<string>();
  await fc.assert(
    fc.asyncProperty(anyScenario, async (scenario) => {
      const played = await play(scenario);
      const { report, prunable } = played;
      const document = statusDocument(report, null);
      verdicts.add(report.verdict);
      assertEquals(faultsOf(JSON.parse(JSON.stringify(document))), []);
      assertEquals(report.generationsRunning === 0, report.verdict === "idle");
      if (report.verdict === "idle") {
        assert(!sawWork(played) && report.active.length + report.uncertain.length === 0);
        assert(
          report.evidence.some(({ source, answered }) => source === "global_status" && answered),
        );
      }
      if (report.verdict === "busy") {
        assert((report.generationsRunning ?? 0) >= Math.max(1, report.active.length));
      }
      if (sawWork(played)) assertEquals(report.verdict, "busy");
      const shown = new Set([...report.active, ...report.uncertain].map(({ record }) => record.id));
      assert(prunable.every(({ id }) => !shown.has(id)));
      assert(!/secret/.test(JSON.stringify(document) + Deno.inspect(report, { depth: 9 })));
      assert(!/secret/.test(statusText(report)));
    }),
    { numRuns: 400 },
  );
  assertEquals(verdicts.size >= 3, true);
});

const VALID = sampleReport({
  verdict: "busy",
  generationsRunning: 1,
  active: [sampleGeneration()],
  backends: [reportedBackend(comfyBackend(), 1)],
  evidence: [{
    tier: "records",
    scope: "user",
    answered: true,
    elapsedMs: 1,
    sees: "x",
    detail: {},
  }],
});

/** The valid document with one thing changed, at a path of keys. */
function changed(path: string, value: unknown): unknown {
  const document = JSON.parse(JSON.stringify(statusDocument(VALID, null)));
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let place = document;
  for (const key of keys) place = place[key];
  if (value === undefined) delete place[last];
  else place[last] = value;
  return document;
}

const FAULTS: readonly [string, unknown][] = [
  ["verdict", undefined],
  ["verdict", "perhaps"],
  ["verdict", "idle"],
  ["generations_running", 0],
  ["generations_running", 1.5],
  ["generations_running", "1"],
  ["server_as_of", "yesterday"],
  ["active_generations", null],
  ["active_generations.0.progress", 1.01],
  ["active_generations.0.session_id", undefined],
  ["active_generations.0.duration", "2.55m"],
  ["active_generations.0.scope", []],
  ["active_generations.0.start_time", 1760106600000],
  ["images", null],
  ["images.untracked", -1],
  ["images.queued", undefined],
  ["backends", null],
  ["backends.0.queue", { remaining: null }],
  ["backends.0.queue", undefined],
  ["system_info", {}],
  ["detection.tiers.0.answered", false],
  ["detection.tiers.0.reason", "timeout"],
  ["detection.tiers.0.scope", undefined],
  ["detection.tiers", []],
  ["error", { code: "failed" }],
];

Deno.test("status.v1.json accepts the document these faults are made from, and added fields", () => {
  assertEquals(faultsOf(statusDocument(VALID, null)), []);
  assertEquals(faultsOf(changed("added_later", 1)), []);
  assertEquals(faultsOf(changed("backends.0.added_later", null)), []);
});

for (const [path, value] of FAULTS) {
  Deno.test(`status.v1.json refuses ${path} = ${JSON.stringify(value)}`, () => {
    assert(faultsOf(changed(path, value)).length > 0);
  });
}
