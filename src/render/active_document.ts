/**
 * All active generations as one JSON document, `schemas/active.v1.json`: the answer of `serve` at
 * `/API/ListActiveGenerations`. Pure.
 */
import type { DetectionReport } from "../detection/report.ts";
import type { DocumentError } from "./status_document.ts";
import { generationDocument } from "./status_document.ts";

/**
 * Makes the document. Its names are those of `status`.
 *
 * @param ageMs The age of the look, in milliseconds.
 */
export function activeDocument(
  report: DetectionReport,
  { error, ageMs }: { readonly error: DocumentError | null; readonly ageMs: number },
): Readonly<Record<string, unknown>> {
  const { images } = report;
  return {
    schema_version: 1,
    server_url: report.serverUrl,
    seen_at: new Date(report.takenAt).toISOString(),
    age_seconds: Math.round(ageMs / 100) / 10,
    verdict: report.verdict,
    likely: report.likely,
    generations_running: report.generationsRunning,
    generations_running_basis: report.basis,
    active_generations: report.active.map((one) => generationDocument(one, report.takenAt)),
    uncertain_generations: report.uncertain.map((one) => generationDocument(one, report.takenAt)),
    images_outstanding: images.outstanding,
    images_untracked: images.untracked,
    error,
  };
}
