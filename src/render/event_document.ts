/** An event as one line of JSON, `schemas/event.v1.json`. Pure. */
import type { DetectionEvent } from "../detection/generation_events.ts";
import { generationDocument } from "./status/status_document.ts";
import { verdictReason } from "./status/verdict_text.ts";

/** What is told in place of events that are not known any more. */
export function missedDocument(nowMs: number): Readonly<Record<string, unknown>> {
  return { schema_version: 1, event: "events.missed", time: new Date(nowMs).toISOString() };
}

/**
 * Makes the document of an event.
 *
 * @param nowMs When it was seen, epoch milliseconds.
 * @param server Its server's name, where several are watched; `null`: there is one.
 */
export function eventDocument(
  event: DetectionEvent,
  nowMs: number,
  server: string | null = null,
): Readonly<Record<string, unknown>> {
  const common = {
    schema_version: 1,
    event: event.kind,
    time: new Date(nowMs).toISOString(),
    ...server === null ? {} : { server },
  };
  switch (event.kind) {
    case "verdict.changed": {
      const { report, previous } = event;
      return {
        ...common,
        server_url: report.serverUrl,
        verdict: report.verdict,
        previous,
        likely: report.likely,
        generations_running: report.generationsRunning,
        generations_running_basis: report.basis,
        images_outstanding: report.images.outstanding,
        images_untracked: report.images.untracked,
        reason: verdictReason(report),
      };
    }
    case "generation.started":
      return {
        ...common,
        was_running: event.wasRunning,
        generation: generationDocument(event.generation, nowMs),
      };
    case "generation.finished":
    case "generation.failed":
    case "generation.cancelled":
    case "generation.ended":
      return {
        ...common,
        outcome: event.outcome,
        generation: generationDocument(event.generation, nowMs),
      };
    case "generation.progress":
    case "generation.orphaned":
      return { ...common, generation: generationDocument(event.generation, nowMs) };
    default:
      return event satisfies never;
  }
}
