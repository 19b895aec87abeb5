/** The result of `cancel` as one JSON document, `schemas/cancel.v1.json`. `null`: not known. */
import { knownRecord } from "../../detection/report_generations.ts";
import type { UserWorkCount, UserWorkStop } from "../../detection/stop_user_work.ts";
import type { Cancellation } from "../../generation/stop/cancel_generation.ts";
import type { Counters } from "../../generation/server/counters.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import type { DocumentError } from "../status/status_document.ts";
import { roundFraction } from "../text.ts";

/** A cancelled generation, for output. */
export interface ReportedCancellation extends Cancellation {
  /**
   * Whether ComfyUI is still ending what was stopped; `null`: not known, or nothing was stopped.
   */
  readonly windingDown: boolean | null;
}

/** The result of `--everyone`. */
export interface EveryoneReport {
  /** The server's name for the user. */
  readonly user: string | null;
  readonly outcome: UserWorkStop["outcome"] | "nothing_to_stop" | "declined";
  readonly before: UserWorkCount;
  /** `null`: nothing was done. */
  readonly after: UserWorkCount | null;
  readonly windingDown: boolean | null;
  readonly elapsedMs: number;
}

/** A generation that could have been meant. */
export interface CancelCandidate {
  readonly record: GenerationRecord;
  /** Whether it waits for a backend; `null`: not known. */
  readonly queued: boolean | null;
}

/** What `cancel` did: at most one of the three. */
export interface CancelReport {
  readonly serverUrl: string;
  readonly cancelled: {
    readonly generations: readonly ReportedCancellation[];
    /** Images on the server that no record explained; `null`: not known. */
    readonly untrackedImages: number | null;
    /** Where they come from, for people. */
    readonly origin: string;
  } | null;
  /** The generations that could have been meant, if there are several; the oldest first. */
  readonly candidates: readonly CancelCandidate[] | null;
  readonly everyone: EveryoneReport | null;
}

/** Makes the document of `cancel`. */
export function cancelDocument(
  report: CancelReport,
  about: { readonly error: DocumentError | null; readonly nowMs: number },
): Readonly<Record<string, unknown>> {
  const { serverUrl, cancelled, everyone } = report;
  return {
    schema_version: 1,
    server_url: serverUrl,
    cancelled: (cancelled?.generations ?? []).map(cancellation),
    candidates: (report.candidates ?? []).map((each) => candidate(each, about.nowMs)),
    everyone: everyone === null ? null : {
      user: everyone.user,
      outcome: everyone.outcome,
      before: counters(everyone.before.own),
      after: counters(everyone.after?.own ?? null),
      all_users_before: counters(everyone.before.all),
      all_users_after: counters(everyone.after?.all ?? null),
      winding_down: everyone.windingDown,
      elapsed_seconds: seconds(everyone.elapsedMs),
    },
    untracked_images: cancelled?.untrackedImages ?? null,
    error: about.error,
  };
}

function cancellation(one: ReportedCancellation): Readonly<Record<string, unknown>> {
  const { owner } = one.target;
  const record = knownRecord(one.target.record, { owner, counters: one.before });
  return {
    session_id: record.id,
    outcome: one.outcome,
    orphaned: owner === "gone" && record.detached !== true,
    detached: record.detached === true,
    images_total: record.imagesTotal,
    images_done: record.imagesDone,
    before: counters(one.before),
    after: counters(one.after),
    winding_down: one.windingDown,
    elapsed_seconds: seconds(one.elapsedMs),
  };
}

function candidate(
  { record, queued }: CancelCandidate,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  return {
    session_id: record.id,
    status: record.status,
    queued,
    progress: roundFraction(record.progress),
    start_time: new Date(record.startedAt).toISOString(),
    duration_seconds: seconds(Math.max(0, nowMs - record.startedAt)),
    host: record.host,
  };
}

function counters(read: Counters | null): Readonly<Record<string, number>> | null {
  return read === null ? null : {
    waiting_gens: read.waitingGens,
    loading_models: read.loadingModels,
    waiting_backends: read.waitingBackends,
    live_gens: read.liveGens,
  };
}

function seconds(durationMs: number): number {
  return Math.round(durationMs / 100) / 10;
}
