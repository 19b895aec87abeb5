import { assertEquals } from "@std/assert";
import { statusDocument } from "../../src/render/status_document.ts";
import { comfyBackend } from "../support/sample_answers.ts";
import { NOW_MS } from "../support/sample_records.ts";
import { reportedBackend, sampleGeneration, sampleReport } from "../support/sample_report.ts";

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

/** design.md §5.2, with the fields that were added to it since. */
const DOCUMENT = `{
  "schema_version": 1,
  "server_url": "http://127.0.0.1:7801",
  "status": "online",
  "response_time": "12ms",
  "response_time_ms": 12.3,
  "version": "0.9.8.2",
  "server_id": "server-1",
  "server_as_of": "2025-10-10T13:30:00.000Z",
  "verdict": "busy",
  "likely": null,
  "generations_running": 2,
  "generations_running_basis": "at_least",
  "active_generations": [
    {
      "session_id": "gen-abc123",
      "status": "generating",
      "queued": false,
      "progress": 0.45,
      "start_time": "2025-10-10T14:27:30.000Z",
      "updated_at": "2025-10-10T14:29:59.000Z",
      "duration": "2.5m",
      "duration_seconds": 150,
      "images_total": 4,
      "images_done": 1,
      "image": 2,
      "model": "sdxl/base",
      "remaining": "40s",
      "remaining_seconds": 40.4,
      "server_url": "http://127.0.0.1:7801",
      "host": "workstation",
      "pid": 4711,
      "scope": [
        "directory",
        "user"
      ],
      "owner": "alive",
      "server": "working",
      "orphaned": false,
      "verified": true,
      "note": null
    }
  ],
  "uncertain_generations": [
    {
      "session_id": "gen-lost",
      "status": "generating",
      "queued": false,
      "progress": null,
      "start_time": "2025-10-10T13:17:59.000Z",
      "updated_at": "2025-10-10T14:29:59.000Z",
      "duration": "1.2h",
      "duration_seconds": 4321,
      "images_total": 4,
      "images_done": 1,
      "image": 2,
      "model": null,
      "remaining": null,
      "remaining_seconds": null,
      "server_url": "http://127.0.0.1:7801",
      "host": null,
      "pid": null,
      "scope": [
        "user"
      ],
      "owner": "gone",
      "server": "unseen",
      "orphaned": false,
      "verified": false,
      "note": "uncertain: its process is gone, the server could not be asked; not known: whether the server still works on it; to do: look again once the server answers, or has no other work; to stop it: asset-generator cancel gen-lost"
    }
  ],
  "images": {
    "outstanding": 6,
    "running": 2,
    "queued": 4,
    "loading_models": 0,
    "untracked": 3
  },
  "comfy_jobs": {
    "remaining": 2,
    "unattributed": 0
  },
  "backends": [
    {
      "id": 0,
      "type": "comfyui_selfstart",
      "title": "",
      "status": "running",
      "enabled": true,
      "model_loaded": "sdxl/base.safetensors",
      "gpu": "0",
      "queue": {
        "remaining": 2
      },
      "seconds_since_used": 3
    },
    {
      "id": 1,
      "type": "comfyui_selfstart",
      "title": "",
      "status": "errored",
      "enabled": true,
      "model_loaded": null,
      "gpu": null,
      "queue": null,
      "seconds_since_used": 3
    }
  ],
  "models_count": 12,
  "models_loaded": 1,
  "system_info": {
    "cpu_usage": 0.03,
    "ram_used_bytes": 20100000000,
    "gpus": [
      {
        "id": 0,
        "name": "RTX 3090",
        "utilization": 0.98,
        "vram_used_bytes": 0
      }
    ]
  },
  "other_servers": [
    {
      "server_url": "http://gpu.example:7801",
      "records": 1
    }
  ],
  "detection": {
    "tiers": [
      {
        "tier": "records",
        "scope": "directory",
        "answered": true,
        "elapsed_ms": 2.1,
        "sees": "generations of this directory",
        "detail": {
          "records": 1,
          "running": 1
        },
        "problems": [
          "odd"
        ]
      },
      {
        "tier": "server",
        "source": "comfy_queue",
        "answered": false,
        "elapsed_ms": 0,
        "reason": "not_permitted",
        "needs": "permission comfy_direct_calls",
        "message": "Permission denied.",
        "sees": "jobs in ComfyUI",
        "detail": {}
      }
    ],
    "blind_spots": [
      "jobs sent straight to ComfyUI"
    ]
  },
  "error": null
}`;

Deno.test("statusDocument() in whole, its keys in the documented order", () => {
  assertEquals(JSON.stringify(statusDocument(FULL, null), null, 2), DOCUMENT);
});

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
