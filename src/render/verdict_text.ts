/** A verdict in one line: who is busy, how much is left. Pure; ids are escaped by the caller. */
import type { DetectionReport } from "../detection/report.ts";
import { unknownReason } from "../detection/unknown_reason.ts";
import { formatCount, formatPercent } from "./text.ts";
import { unknownText } from "./unknown_text.ts";

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
