import type {
  DetectionReport,
  ReportedBackend,
  ReportedGeneration,
} from "../../src/detection/report.ts";
import { judgeStandings } from "../../src/detection/standing.ts";
import type { Backend } from "../../src/detection/swarm_server.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import { answered, queueOf } from "./sample_answers.ts";
import { NOW_MS, sampleRecord, SERVER_URL } from "./sample_records.ts";

/** A report of a quiet server that answered everything; fields that a test does not give have ordinary values. */
export function sampleReport(changes: Partial<DetectionReport> = {}): DetectionReport {
  return {
    takenAt: NOW_MS,
    serverUrl: SERVER_URL,
    reach: "online",
    responseTimeMs: 12.345,
    identity: { version: "0.9.8.2", serverId: "server-1", asOf: NOW_MS - 3_600_000 },
    verdict: "idle",
    likely: null,
    generationsRunning: 0,
    basis: "exact",
    active: [],
    uncertain: [],
    elsewhere: [],
    images: {
      outstanding: 0,
      running: 0,
      queued: 0,
      loadingModels: 0,
      untracked: 0,
      untrackedRunning: 0,
      untrackedLoading: 0,
    },
    comfyJobs: { remaining: 0, unattributed: 0 },
    backends: [],
    models: null,
    resources: null,
    vanished: [],
    evidence: [],
    blindSpots: [],
    ...changes,
  };
}

/** A generation of this process' own, 45 % done. */
export function sampleGeneration(
  changes: Partial<ReportedGeneration> = {},
  record: Partial<GenerationRecord> = {},
): ReportedGeneration {
  return {
    record: sampleRecord(record),
    scopes: ["directory", "user"],
    owner: "alive",
    server: "working",
    orphaned: false,
    verified: true,
    queued: false,
    remainingMs: null,
    ...changes,
  };
}

/** A backend as a single look reports it, with its ComfyUI's queue; `null`: it was not asked. */
export function reportedBackend(backend: Backend, queueRemaining: number | null): ReportedBackend {
  const standings = judgeStandings([backend], {
    queues: queueRemaining === null
      ? new Map()
      : new Map([[backend.id, answered(queueOf(queueRemaining))]]),
    settled: new Set(),
    offSince: new Map(),
    nowMs: NOW_MS,
  });
  return { ...backend, queueRemaining, standing: standings.get(backend.id) ?? null };
}
