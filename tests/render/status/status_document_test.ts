import { assertEquals } from "@std/assert";
import { statusDocument } from "../../../src/render/status/status_document.ts";
import { assertExpected } from "../../support/expected_text.ts";
import { comfyBackend } from "../../support/sample_answers.ts";
import { NOW_MS } from "../../support/sample_records.ts";
import { reportedBackend, sampleGeneration, sampleReport } from "../../support/sample_report.ts";

const FULL = sampleReport({
  verdict: "busy",
  generationsRunning: 2,
  basis: "at_least",
  active: [sampleGeneration({ remainingMs: 40_400 }, { model: "sdxl/base" })],
  uncertain: [
    sampleGeneration(
      { scopes: ["user"], owner: "gone", server: "unseen", verified: false },
      { id: "gen-lost", progress: null, startedAt: NOW_MS - 4_321_000, host: null, pid: null },
    ),
  ],
  elsewhere: [{ serverUrl: "http://gpu.example:7801", records: 1 }],
  images: {
    outstanding: 6,
    running: 2,
    queued: 4,
    loadingModels: 0,
    untracked: 3,
    untrackedRunning: 1,
    untrackedLoading: 0,
  },
  comfyJobs: { remaining: 2, unattributed: 0 },
  backends: [
    reportedBackend(comfyBackend({ gpu: "0" }), 2),
    reportedBackend(comfyBackend({ id: 1, status: "errored", modelLoaded: null }), null),
  ],
  models: { count: 12, loaded: 1 },
  resources: {
    cpuUsage: 0.03,
    ramUsedBytes: 20_100_000_000,
    gpus: [{ id: 0, name: "RTX 3090", utilization: 0.98, vramUsedBytes: 0 }],
  },
  evidence: [
    {
      tier: "records",
      scope: "directory",
      answered: true,
      elapsedMs: 2.1234,
      sees: "generations of this directory",
      detail: { records: 1, running: 1 },
      problems: ["odd"],
    },
    {
      tier: "server",
      source: "comfy_queue",
      answered: false,
      reason: "not_permitted",
      needs: "permission comfy_direct_calls",
      message: "Permission denied.",
      elapsedMs: 0.04,
      sees: "jobs in ComfyUI",
      detail: {},
    },
  ],
  blindSpots: ["jobs sent straight to ComfyUI"],
});

Deno.test("statusDocument() in whole, its keys in the documented order", () =>
  assertExpected("status/whole.json", `${JSON.stringify(statusDocument(FULL, null), null, 2)}\n`));

Deno.test("statusDocument() says null for what is not known, and lists what a script walks", () => {
  const nothing = null;
  const document = statusDocument(
    sampleReport({
      reach: "offline",
      responseTimeMs: nothing,
      identity: nothing,
      verdict: "unreachable",
      generationsRunning: nothing,
      basis: "none",
      images: {
        outstanding: nothing,
        running: nothing,
        queued: nothing,
        loadingModels: nothing,
        untracked: nothing,
        untrackedRunning: nothing,
        untrackedLoading: nothing,
      },
      comfyJobs: { remaining: nothing, unattributed: nothing },
      backends: nothing,
    }),
    { code: "unreachable", message: "Cannot reach it" },
  );
  assertEquals(document, {
    schema_version: 1,
    server_url: "http://127.0.0.1:7801",
    status: "offline",
    response_time: null,
    response_time_ms: null,
    version: null,
    server_id: null,
    server_as_of: null,
    verdict: "unreachable",
    likely: null,
    generations_running: null,
    generations_running_basis: "none",
    active_generations: [],
    uncertain_generations: [],
    images: {
      outstanding: null,
      running: null,
      queued: null,
      loading_models: null,
      untracked: null,
    },
    comfy_jobs: { remaining: null, unattributed: null },
    backends: [],
    models_count: null,
    models_loaded: null,
    system_info: null,
    claims: null,
    other_servers: [],
    detection: { tiers: [], blind_spots: [] },
    error: { code: "unreachable", message: "Cannot reach it" },
  });
});

Deno.test("statusDocument() never gives a negative duration", () => {
  const future = sampleGeneration({}, { startedAt: NOW_MS + 3_600_000 });
  const document = JSON.stringify(statusDocument(sampleReport({ active: [future] }), null));
  assertEquals(/"duration":"(.*?)","duration_seconds":(.*?),/.exec(document)?.slice(1), [
    "0s",
    "0",
  ]);
});
