/**
 * All active generations as one JSON document, `schemas/active.v1.json`: the answer of `serve` at
 * `/API/ListActiveGenerations`. Pure.
 */
import type { DetectionReport, ReportedGeneration } from "../../detection/report.ts";
import type { EndOutcome } from "../../generation/records/end_log.ts";
import type { DocumentError } from "./status_document.ts";
import { generationDocument } from "./status_document.ts";
import { verdictText } from "./verdict_text.ts";

/** A generation that was seen to end. */
export interface SeenEnd {
  readonly generation: ReportedGeneration;
  /** `null`: nobody told how. */
  readonly outcome: EndOutcome | null;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/**
 * Makes the document. Its names are those of `status`.
 *
 * @param options.ageMs The age of the look, in milliseconds.
 * @param options.ends The newest first.
 */
export function activeDocument(
  report: DetectionReport,
  { error, ageMs, ends }: {
    readonly error: DocumentError | null;
    readonly ageMs: number;
    readonly ends: readonly SeenEnd[];
  },
): Readonly<Record<string, unknown>> {
  const { images } = report;
  return {
    schema_version: 1,
    server_url: report.serverUrl,
    seen_at: new Date(report.takenAt).toISOString(),
    age_seconds: Math.round(ageMs / 100) / 10,
    verdict: report.verdict,
    summary: verdictText(report),
    likely: report.likely,
    generations_running: report.generationsRunning,
    generations_running_basis: report.basis,
    active_generations: report.active.map((one) => generationDocument(one, report.takenAt)),
    uncertain_generations: report.uncertain.map((one) => generationDocument(one, report.takenAt)),
    recent_ends: ends.map(({ generation, outcome, atMs }) => ({
      session_id: generation.record.id,
      outcome,
      ended_at: new Date(atMs).toISOString(),
      images_total: generation.record.imagesTotal,
      model: generation.record.model ?? null,
    })),
    images_outstanding: images.outstanding,
    images_untracked: images.untracked,
    error,
  };
}
