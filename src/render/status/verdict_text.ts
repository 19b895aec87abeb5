/**
 * A verdict in one sentence: who is busy and how far, or why it is not known. Pure. The caller
 * escapes foreign text.
 */
import { foundText } from "../../detection/answer.ts";
import type { DetectionReport, Evidence, ReportedGeneration } from "../../detection/report.ts";
import { firstSilent, reservedBackend, seesAllRecords } from "../../detection/report.ts";
import type { UnknownReason } from "../../detection/unknown_reason.ts";
import { unknownReason } from "../../detection/unknown_reason.ts";
import { lowerFirst, withoutAdvice } from "../../errors.ts";
import { imageNumber } from "../generation/generation_note.ts";
import { formatCount, formatPercent } from "../text.ts";

/** What people call the server's sources. */
const SOURCES: ReadonlyMap<string, string> = new Map([
  ["global_status", "SwarmUI's counters"],
  ["session_status", "SwarmUI's counters of this user's generations"],
  ["comfy_queue", "ComfyUI's queues"],
  ["comfy_push", "changes of ComfyUI's queues"],
  ["backend_status", "the list of backends"],
  ["models", "the models"],
  ["resources", "memory and GPUs"],
]);

/**
 * Makes the sentence.
 *
 * @param options.advises Whether it says what to do about an unknown verdict. Not where an error with
 * that advice stands below it. @default {true}
 */
export function verdictText(
  report: DetectionReport,
  { advises = true }: { readonly advises?: boolean } = {},
): string {
  switch (report.verdict) {
    case "busy":
      return `Busy: ${busyText(report)}`;
    case "idle":
      return "Idle";
    case "unknown": {
      const whole = verdictReason(report);
      const reason = whole === null || advises ? whole : withoutAdvice(whole);
      const likely = report.likely === null ? "" : ` (likely ${report.likely})`;
      return `Unknown${likely}${reason === null ? "" : `: ${reason}`}`;
    }
    case "unreachable":
      return `Unreachable: ${unreachableText(report)}`;
    default:
      return report.verdict satisfies never;
  }
}

/** Why a verdict is `unknown` or `unreachable`; `null` for others, and if no reason is known. */
export function verdictReason(report: DetectionReport): string | null {
  switch (report.verdict) {
    case "busy":
    case "idle":
      return null;
    case "unknown": {
      const reason = unknownReason(report);
      return reason && unknownText(reason);
    }
    case "unreachable":
      return withoutAdvice(foundText(firstSilent(report)));
    default:
      return report.verdict satisfies never;
  }
}

/** Equal for two reports that need not be reported twice: they differ only in progress. */
export function verdictKey(report: DetectionReport): string {
  const active = report.active.map(({ record, orphaned, queued }) => [record.id, orphaned, queued]);
  const more = [report.images.untracked ?? 0, report.comfyJobs.unattributed ?? 0].map((count) =>
    count > 0
  );
  const reason = unknownReason(report)?.message ?? null;
  return JSON.stringify([report.verdict, active, more, reason]);
}

/** Where work comes from that no record explains for certain. */
export function originText(report: DetectionReport): string {
  if (report.uncertain.length > 0) return "perhaps of an uncertain generation";
  return seesAllRecords(report) ? "started elsewhere" : "with no record visible here";
}

function busyText(report: DetectionReport): string {
  const { active, images, comfyJobs } = report;
  const origin = originText(report);
  const parts = active.length === 0 ? [] : [generationsText(active)];
  const untracked = images.untracked ?? 0;
  if (untracked > 0) parts.push(`${formatCount(untracked, "image")} ${origin}`);
  const loading = images.untrackedLoading ?? 0;
  if (loading > 0) parts.push(`${formatCount(loading, "model load")} ${origin}`);
  const jobs = comfyJobs.unattributed ?? 0;
  if (jobs > 0) parts.push(`${formatCount(jobs, "ComfyUI job")} that SwarmUI does not count`);
  if (parts.length > 0) return parts.join("; ");
  const full = reservedBackend(report);
  if (full !== undefined) return `backend ${full.id} is full`;
  // It is not known which of them belong to a record; here nothing else is known either.
  const remaining = comfyJobs.remaining ?? 0;
  return remaining > 0 ? formatCount(remaining, "ComfyUI job") : "work on the server";
}

function generationsText(active: readonly ReportedGeneration[]): string {
  const orphaned = active.filter((one) => one.orphaned).length;
  const [only, ...more] = active;
  if (only !== undefined && more.length === 0) {
    const what = orphaned > 0 ? "1 orphaned generation" : "1 generation";
    return [what, progressOf(only), leftText(only.remainingMs)].filter((part) => part !== null)
      .join(", ");
  }
  const queued = active.filter((one) => one.queued === true).length;
  const parts = [
    formatCount(active.length, "generation"),
    ...(queued > 0 ? [`${queued} of them queued`] : []),
    ...(orphaned > 0 ? [`${orphaned} of them orphaned`] : []),
  ];
  return parts.join(", ");
}

function progressOf(one: ReportedGeneration): string | null {
  if (one.queued === true) return "queued";
  const { status } = one.record;
  if (status === "pending" || status === "starting") return status;
  const image = imageNumber(one);
  const { imagesTotal, progress } = one.record;
  if (image !== null && imagesTotal !== 1) return `image ${image} of ${imagesTotal}`;
  return progress === null || progress === 0 ? null : `${formatPercent(progress)} done`;
}

/** The remaining time, in words; `null`: not known. */
function leftText(remainingMs: number | null): string | null {
  if (remainingMs === null) return null;
  const seconds = Math.max(1, Math.round(remainingMs / 1000));
  if (seconds < 60) return `about ${seconds} s left`;
  if (seconds < 3600) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

/** The error below it says the same, and what to do. */
function unreachableText(report: DetectionReport): string {
  const { serverUrl, active } = report;
  const found = `${serverUrl}: ${verdictReason(report)}`;
  if (active.length === 0) return found;
  const running = active.length === 1 ? "is running" : "are running";
  return `${found}; according to the records, ${
    formatCount(active.length, "generation")
  } ${running}`;
}

/** Why it is not known whether a generation is running, in words that may hold foreign text. */
export function unknownText({ evidence, message }: UnknownReason): string {
  if (evidence === null || sourceName(evidence.source) === null) return message;
  const { reason } = evidence;
  const found = silenceText(evidence);
  // These reasons are about the whole server; silenceText() names the source where a right is missing.
  const isWhole = reason === "refused" || reason === "permission" || reason === "not_permitted" ||
    reason === "setting" || reason === "not_asked" ||
    (reason === "not_supported" && evidence.source === "global_status");
  return isWhole ? found : `${sourceName(evidence.source)}: ${found}`;
}

/** What people call a source of the server; `null`: it has no name. */
export function sourceName(source: string | undefined): string | null {
  return SOURCES.get(source ?? "") ?? null;
}

/** Why a source gave no answer, without what would help; it may hold foreign text. */
export function silenceText(evidence: Evidence): string {
  const { source, reason } = evidence;
  if (reason === "not_permitted") {
    return source === "global_status"
      ? "this account may not see other people's work"
      : `this account may not see ${sourceName(source) ?? "it"}`;
  }
  if (reason === "not_supported" && source === "global_status") {
    return "this server is too old to tell of other people's work";
  }
  // The server's own words are a sentence; here they are a part of one.
  const words = foundText(evidence).replace(/\.$/, "");
  return reason === "setting" ? lowerFirst(words) : words;
}
