/**
 * The report as one JSON document, `schemas/status.v1.json`. YAML is made from it too. Fields may
 * be added, never renamed. `null`: not known. It holds no session id.
 */
import type { DetectionReport, Evidence, ReportedGeneration } from "../../detection/report.ts";
import type { ClaimDocument } from "./claim.ts";
import type { Backend } from "../../detection/swarm_server.ts";
import { generationNoteText, imageNumber, isStatusKnown } from "../generation/generation_note.ts";
import { delayCause, formatDuration, formatMilliseconds, roundFraction } from "../text.ts";

/** An error, the same in every document. */
export interface DocumentError {
  readonly code: string;
  readonly message: string;
}

/**
 * Makes the document of `status`.
 *
 * @param claims Those on this server. @default {null, not known}
 */
export function statusDocument(
  report: DetectionReport,
  error: DocumentError | null,
  claims: readonly ClaimDocument[] | null = null,
): Readonly<Record<string, unknown>> {
  const { identity, images } = report;
  // A number that is only a lower limit would be taken for the whole.
  const models = report.models?.isAtLeast ? null : report.models;
  return {
    schema_version: 1,
    server_url: report.serverUrl,
    status: report.reach,
    response_time: report.responseTimeMs === null
      ? null
      : formatMilliseconds(report.responseTimeMs),
    response_time_ms: roundTenth(report.responseTimeMs),
    version: identity?.version ?? null,
    server_id: identity?.serverId ?? null,
    server_as_of: identity === null ? null : isoTime(identity.asOf),
    verdict: report.verdict,
    likely: report.likely,
    generations_running: report.generationsRunning,
    generations_running_basis: report.basis,
    active_generations: report.active.map((one) => generationDocument(one, report.takenAt)),
    uncertain_generations: report.uncertain.map((one) => generationDocument(one, report.takenAt)),
    images: {
      outstanding: images.outstanding,
      running: images.running,
      queued: images.queued,
      loading_models: images.loadingModels,
      untracked: images.untracked,
    },
    comfy_jobs: {
      remaining: report.comfyJobs.remaining,
      unattributed: report.comfyJobs.unattributed,
    },
    backends: backends(report),
    models_count: models?.count ?? null,
    models_loaded: models?.loaded ?? null,
    system_info: systemInfo(report),
    claims,
    other_servers: report.elsewhere.map(({ serverUrl, records }) => ({
      server_url: serverUrl,
      records,
    })),
    detection: {
      tiers: report.evidence.map(evidence),
      blind_spots: report.blindSpots,
    },
    error,
  };
}

/** A generation of a record, the same in every document. */
export function generationDocument(
  one: ReportedGeneration,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  const { record, scopes, owner, server, orphaned, verified, queued, remainingMs } = one;
  const durationMs = Math.max(0, nowMs - record.startedAt);
  return {
    session_id: record.id,
    status: isStatusKnown(one) ? record.status : null,
    queued,
    progress: roundFraction(record.progress),
    start_time: isoTime(record.startedAt),
    updated_at: isoTime(record.updatedAt),
    duration: formatDuration(durationMs),
    duration_seconds: roundTenth(durationMs / 1000),
    images_total: record.imagesTotal,
    images_done: record.imagesDone,
    image: imageNumber(one),
    model: record.model ?? null,
    remaining: remainingMs === null ? null : formatDuration(remainingMs),
    remaining_seconds: remainingMs === null ? null : roundTenth(remainingMs / 1000),
    delayed_by: delayCause(record.delayedBy),
    server_url: record.serverUrl,
    host: record.host,
    pid: record.pid,
    scope: scopes,
    owner,
    server,
    orphaned,
    detached: record.detached === true,
    verified,
    note: generationNoteText(one),
  };
}

/** Empty also if the server did not list them: `.backends[]` in a script must not fail. */
function backends(report: DetectionReport): readonly unknown[] {
  return (report.backends ?? []).map((backend) =>
    backendDocument(backend, {
      queue: backend.queueRemaining === null ? null : { remaining: backend.queueRemaining },
    })
  );
}

/** A backend, the same in every document. @param more Fields that come before its age. */
export function backendDocument(
  backend: Backend,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    id: backend.id,
    type: backend.type,
    title: backend.title,
    status: backend.status,
    enabled: backend.enabled,
    model_loaded: backend.modelLoaded,
    gpu: backend.gpu,
    ...more,
    seconds_since_used: backend.secondsSinceUsed,
  };
}

function systemInfo({ resources }: DetectionReport): unknown {
  if (resources === null) return null;
  return {
    cpu_usage: roundFraction(resources.cpuUsage),
    ram_used_bytes: resources.ramUsedBytes,
    gpus: resources.gpus.map((gpu) => ({
      id: gpu.id,
      name: gpu.name,
      utilization: roundFraction(gpu.utilization),
      vram_used_bytes: gpu.vramUsedBytes,
    })),
  };
}

/**
 * In the order of reading: which source, whether it answered, why not, what. Absent values have no
 * key.
 */
function evidence(one: Evidence): Readonly<Record<string, unknown>> {
  const { tier, source, scope, answered, reason, needs, message, sees, detail, problems } = one;
  const elapsed_ms = roundTenth(one.elapsedMs);
  const all = { tier, source, scope, answered, elapsed_ms, reason, needs, message, sees, detail };
  return Object.fromEntries(
    Object.entries({ ...all, problems }).filter(([, value]) => value !== undefined),
  );
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function roundTenth(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10;
}
