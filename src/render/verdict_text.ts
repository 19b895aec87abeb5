/**
 * A verdict in one line: who is busy, how much is left, why it is not known. Pure; foreign text is
 * escaped by the caller.
 */
import type { NoAnswerReason } from "../detection/answer.ts";
import type { DetectionReport } from "../detection/report.ts";
import type { UnknownReason } from "../detection/unknown_reason.ts";
import { unknownReason } from "../detection/unknown_reason.ts";
import { formatCount, formatPercent } from "./text.ts";

/** What a person calls the sources on which a verdict rests. */
const SOURCES: ReadonlyMap<string, string> = new Map([
  ["global_status", "SwarmUI's counters"],
  ["comfy_queue", "ComfyUI's queues"],
  ["backend_status", "the list of backends"],
]);

const REASONS: Readonly<Record<NoAnswerReason, string>> = {
  permission: "Deno does not allow asking",
  not_permitted: "this user may not ask",
  refused: "the server refused",
  not_supported: "the server is too old to tell",
  unreachable: "no connection",
  timeout: "no answer in time",
  not_swarmui: "the answer was not SwarmUI's",
  protocol: "the answer could not be understood",
  server_error: "the server failed",
  not_asked: "not asked",
  failed: "the question failed",
};

/** Makes the line. */
export function verdictText(report: DetectionReport): string {
  switch (report.verdict) {
    case "busy":
      return `Busy: ${busyText(report)}`;
    case "idle":
      return "Idle";
    case "unknown": {
      const reason = unknownReason(report);
      const why = reason === null ? "" : `: ${unknownText(reason)}`;
      return `Not known whether a generation is running${why}`;
    }
    case "unreachable":
      return `Server not reachable: ${report.serverUrl}`;
    default:
      return report.verdict satisfies never;
  }
}

/** What must be alike for two reports to be told in the same words, progress aside. */
export function verdictKey(report: DetectionReport): string {
  const active = report.active.map(({ record, orphaned }) => [record.id, orphaned]);
  const more = [report.images.untracked ?? 0, report.comfyJobs.unattributed ?? 0].map((count) =>
    count > 0
  );
  const reason = unknownReason(report)?.message ?? null;
  return JSON.stringify([report.verdict, active, more, reason]);
}

function busyText({ active, images, comfyJobs }: DetectionReport): string {
  const parts = active.map(({ record, orphaned }) => {
    const progress = record.progress === null ? "" : ` ${formatPercent(record.progress)}`;
    return `${record.id}${progress}${orphaned ? " (orphaned)" : ""}`;
  });
  const untracked = images.untracked ?? 0;
  if (untracked > 0) parts.push(`${formatCount(untracked, "image")} started elsewhere`);
  const loading = images.untrackedLoading ?? 0;
  if (loading > 0) parts.push(`${formatCount(loading, "model load")} started elsewhere`);
  const jobs = comfyJobs.unattributed ?? 0;
  if (jobs > 0) parts.push(`${formatCount(jobs, "ComfyUI job")} unattributed`);
  // Which of them are nobody's is not known; where nothing else is, they are all there is to tell.
  const remaining = comfyJobs.remaining ?? 0;
  if (parts.length === 0 && remaining > 0) parts.push(formatCount(remaining, "ComfyUI job"));
  const left = images.outstanding === null
    ? ""
    : `, ${formatCount(images.outstanding, "image")} left on the server`;
  return `${parts.join(", ") || "work on the server"}${left}`;
}

/** Why it is not known whether a generation is running, in words that may hold foreign text. */
export function unknownText({ evidence, message }: UnknownReason): string {
  const name = SOURCES.get(evidence?.source ?? "");
  if (evidence === null || name === undefined) return message;
  const found = evidence.message ?? (evidence.reason && REASONS[evidence.reason]) ?? "no answer";
  // The server's own words are a sentence; here they are a part of one.
  return `${name}: ${found.replace(/\.$/, "")}`;
}
