/**
 * What is reported of the generations that records tell of. Loaded only where there are records.
 */
import type { Counters } from "../generation/server/counters.ts";
import type { GenerationRecord } from "../generation/generation.ts";
import { COUNT_MIN } from "../generation/run/counted_pace.ts";
import type { Owner } from "../generation/records/owner.ts";
import type { JudgedRecord } from "./judge.ts";
import { judgeRecords } from "./judge.ts";
import { findQueued } from "./queued.ts";
import type { SeenRecord } from "./records_tier.ts";
import type { ReportedGeneration } from "./report.ts";
import type { ServerReading } from "./server_tier.ts";
import { lastCounters } from "./session_reading.ts";

/** The generations of this server's records. */
export interface ReportedGenerations {
  /** All of them, the newest first. */
  readonly judged: readonly JudgedRecord[];
  /** The oldest first, so that "Generation 1" stays the same one while others start and end. */
  readonly running: readonly ReportedGeneration[];
  /** The oldest first. */
  readonly uncertain: readonly ReportedGeneration[];
  /** The records that may be removed, as each scope holds them. */
  readonly prunable: readonly GenerationRecord[];
}

/** Judges the records of the server that was asked; see `judgeRecords()`. */
export function reportGenerations(own: readonly SeenRecord[], by: {
  readonly reading: ServerReading;
  readonly seenAtMs: number;
  readonly nowMs: number;
}): ReportedGenerations {
  const { reading, nowMs } = by;
  const judged = judgeRecords(own, by);
  const byAge = [...judged].reverse();
  const running = byAge.filter(({ liveness }) => liveness.kind === "running");
  const queued = findQueued(running, reading);
  return {
    judged,
    running: running.map((one) =>
      reportGeneration(one, {
        queued: queued.get(one.record.id) ?? null,
        counters: lastCounters(reading.sessions, one.record.id),
        reading,
        nowMs,
      })
    ),
    uncertain: byAge.filter(({ liveness }) => liveness.kind === "uncertain").map((one) =>
      reportGeneration(one, { queued: null, counters: null, reading, nowMs })
    ),
    prunable: judged.filter(({ liveness }) => liveness.kind === "ended" && liveness.prune)
      .flatMap(({ versions }) => versions),
  };
}

function reportGeneration(judged: JudgedRecord, about: {
  readonly queued: boolean | null;
  /** Of its own session. */
  readonly counters: Counters | null;
  readonly reading: ServerReading;
  readonly nowMs: number;
}): ReportedGeneration {
  const { scopes, owner, server, liveness } = judged;
  const record = knownRecord(judged.record, { owner, counters: about.counters });
  // An uncertain generation is not orphaned yet: nobody knows whether the server is working on it.
  const { orphaned, verified } = liveness.kind === "running"
    ? liveness
    : { orphaned: false, verified: false };
  return {
    record,
    scopes,
    owner,
    server,
    orphaned,
    verified,
    queued: about.queued,
    remainingMs: remainingTime(judged, about),
  };
}

/**
 * The record as far as it can be true now: where its process is gone, nobody keeps it up any more. What
 * its session's counters tell is true, and what was done stays done: it is the least that is known.
 *
 * @param seen.counters What its own session said last; `null`: it could not be asked.
 */
export function knownRecord(record: GenerationRecord, seen: {
  readonly owner: Owner;
  readonly counters: Counters | null;
}): GenerationRecord {
  const { owner, counters } = seen;
  if (owner !== "gone") return record;
  const { imagesTotal, batchSize = 1 } = record;
  const before = record.imagesDone ?? 0;
  const counted = counters === null || imagesTotal === null || counters.waitingGens === 0
    ? null
    : imagesTotal - counters.waitingGens * batchSize;
  const done = Math.max(before, counted ?? 0);
  const share = imagesTotal === null || imagesTotal === 0 ? 0 : done / imagesTotal;
  const progress = Math.max(record.progress ?? 0, Math.min(1, share));
  const isAtWork = done > 0 || progress > 0 || (counters !== null && counters.liveGens > 0);
  return {
    ...record,
    status: isAtWork ? "generating" : record.status,
    progress: progress > 0 ? progress : null,
    imagesDone: counted === null && before === 0 ? null : done,
  };
}

/** What it may have been further when it was left, in images, so that its first one still counts. */
const ROUNDING = 0.1;
/** SwarmUI rounds the ages of its backends down to seconds: on average it is half a second more. */
const ROUNDED_MS = 500;

/**
 * How long it still takes by the pace since its process has left it; `null`: not known.
 *
 * @param seen.ageMs How long ago a backend was last given an image or done with one, if nobody else's
 * images can have been that: then it is when its last image ended; `null`: not known.
 * @param seen.backends How many backends may be working on it.
 */
export function remainingByCounters(record: GenerationRecord, seen: {
  readonly counters: Counters | null;
  readonly ageMs: number | null;
  readonly backends: number;
  readonly nowMs: number;
}): number | null {
  const { imagesTotal, batchSize = 1, progress, status, updatedAt } = record;
  const { counters, ageMs, backends, nowMs } = seen;
  // Before it was at work, it may have waited for as long as it liked.
  if (counters === null || counters.liveGens === 0 || status !== "generating") return null;
  if (imagesTotal === null) return null;
  const left = counters.waitingGens * batchSize;
  const made = imagesTotal - left - (progress ?? 0) * imagesTotal;
  if (made < Math.max(1, backends) * batchSize - ROUNDING) return null;
  if (ageMs === null && made < COUNT_MIN) return null;
  const elapsedMs = nowMs - updatedAt;
  const sinceMs = ageMs === null ? null : ageMs + ROUNDED_MS;
  const eachMs = sinceMs === null
    ? elapsedMs / (made + 0.5)
    : Math.max(0, elapsedMs - sinceMs) / made;
  const leftMs = eachMs * left - (sinceMs ?? eachMs / 2);
  return leftMs > 0 ? leftMs : null;
}

/** How long a generation still takes; `null`: not known. */
function remainingTime({ record, owner }: JudgedRecord, seen: {
  /** Of its own session. */
  readonly counters: Counters | null;
  readonly reading: ServerReading;
  readonly nowMs: number;
}): number | null {
  const { counters, reading, nowMs } = seen;
  const counted = owner === "gone"
    ? remainingByCounters(record, { counters, nowMs, ...lastUse(counters, reading) })
    : null;
  return counted ?? remainingByOwner(record, nowMs);
}

/** When a backend was last used, if all that the server works on is of one session. */
function lastUse(
  counters: Counters | null,
  { globals, backends }: ServerReading,
): { readonly ageMs: number | null; readonly backends: number } {
  const ready = backends.answered
    ? backends.value.filter(({ status }) => status === "running")
    : [];
  const all = globals.at(-1)?.answer;
  const isAlone = all?.answered && all.value.waitingGens === counters?.waitingGens;
  const ages = ready.flatMap(({ secondsSinceUsed }) => secondsSinceUsed ?? []);
  return {
    ageMs: isAlone && ages.length > 0 ? Math.min(...ages) * 1000 : null,
    backends: ready.length,
  };
}

/**
 * The remaining time by the owner's last estimate. `null` if the owner has been silent for longer
 * than that.
 */
function remainingByOwner(
  { remainingSeconds = null, updatedAt }: GenerationRecord,
  nowMs: number,
): number | null {
  if (remainingSeconds === null) return null;
  const leftMs = remainingSeconds * 1000 - Math.max(0, nowMs - updatedAt);
  return leftMs > 0 ? leftMs : null;
}
