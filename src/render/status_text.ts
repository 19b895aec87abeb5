/**
 * The report for people: the verdict in one sentence, then the sections. The texts of the original
 * stay word for word where they apply.
 */
import type {
  DetectionReport,
  Evidence,
  ReportedBackend,
  ReportedGeneration,
} from "../detection/report.ts";
import { COMFY_BLIND_SPOT } from "../detection/standing.ts";
import type { Verdict } from "../detection/verdict.ts";
import { escapeForTerminal } from "./escape.ts";
import { generationNote } from "./generation_note.ts";
import {
  field,
  formatBytes,
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatPercent,
  section,
} from "./text.ts";
import { imageNumber, originText, verdictText } from "./verdict_text.ts";

/** With more backends than this, only those that work or are in trouble are listed. */
const BACKENDS_MAX = 8;

/** SGR codes. */
const COLORS: Readonly<Record<Verdict, string>> = {
  busy: "33",
  idle: "32",
  unknown: "35",
  unreachable: "31",
};

/** How the text is written. */
export interface StatusTextOptions {
  readonly isColored: boolean;
}

/** Makes the text of `status`; it ends with a line break. */
export function statusText(
  report: DetectionReport,
  options: StatusTextOptions = { isColored: false },
): string {
  const sections = [
    verdictLine(report, options),
    serverSection(report),
    backendsSection(report.backends ?? []),
    section("Active Generations", activeLines(report)),
    uncertainSection(report),
    statusFooter(report),
  ];
  return sections.filter((text) => text !== null).join("\n");
}

/** The same without server and backends, for a screen that has no room. */
export function briefStatusText(
  report: DetectionReport,
  options: StatusTextOptions = { isColored: false },
): string {
  const sections = [
    verdictLine(report, options),
    section("Active Generations", activeLines(report)),
    uncertainSection(report),
    statusFooter(report),
  ];
  return sections.filter((text) => text !== null).join("");
}

/** What was odd on the way, and does not change the answer: one line each, for standard error. */
export function statusWarnings(report: DetectionReport): readonly string[] {
  return report.evidence.flatMap((one) => [...unread(one), ...one.problems ?? []]);
}

function verdictLine(report: DetectionReport, { isColored }: StatusTextOptions): string {
  const text = escapeForTerminal(verdictText(report));
  return `${isColored ? colorVerdict(text, report.verdict) : text}\n`;
}

/** Colours a line as its verdict. */
export function colorVerdict(line: string, verdict: Verdict): string {
  return `\x1b[${COLORS[verdict]}m${line}\x1b[39m`;
}

function uncertainSection({ uncertain, takenAt }: DetectionReport): string | null {
  if (uncertain.length === 0) return null;
  return section("Uncertain Generations", generationBlocks(uncertain, takenAt));
}

function serverSection(report: DetectionReport): string {
  const { models, resources, responseTimeMs } = report;
  return section("Server", [
    ...field(2, "URL", report.serverUrl),
    ...field(2, "Status", report.reach === "not_asked" ? "not asked" : report.reach),
    ...field(2, "Version", report.identity?.version),
    ...field(
      2,
      "Response Time",
      responseTimeMs === null ? null : formatMilliseconds(responseTimeMs),
    ),
    ...field(2, "Models", models === null ? null : `${models.count} (${models.loaded} loaded)`),
    ...field(
      2,
      "Memory",
      resources?.ramUsedBytes ? `${formatBytes(resources.ramUsedBytes)} used` : null,
    ),
    ...(resources?.gpus ?? []).flatMap((gpu) => field(2, `GPU ${gpu.id}`, gpuText(gpu))),
  ]);
}

function gpuText(gpu: {
  readonly name: string;
  readonly utilization: number | null;
  readonly vramUsedBytes: number | null;
}): string {
  const load = gpu.utilization === null ? null : `${formatPercent(gpu.utilization)} busy`;
  const memory = gpu.vramUsedBytes === null ? null : `${formatBytes(gpu.vramUsedBytes)} used`;
  return [gpu.name, load, memory].filter((part) => part !== null).join(", ");
}

function backendsSection(backends: readonly ReportedBackend[]): string | null {
  if (backends.length === 0) return null;
  const listed = backends.length <= BACKENDS_MAX ? backends : backends.filter(isNoteworthy);
  const rest = backends.filter((backend) => !listed.includes(backend));
  return section("Backends", [
    ...listed.flatMap((backend) => [
      `  • ${escapeForTerminal(backend.title || `backend-${backend.id}`)}`,
      ...field(4, "Type", backend.type),
      ...field(4, "Status", backend.status),
      ...field(4, "Model Loaded", backend.modelLoaded),
      ...field(4, "GPU", backend.gpu),
      ...field(
        4,
        "ComfyUI Queue",
        backend.queueRemaining === null ? null : formatCount(backend.queueRemaining, "job"),
      ),
    ]),
    ...(rest.length === 0 ? [] : [restLine(rest, { isAll: listed.length === 0 })]),
  ]);
}

/** It works, or something is wrong with it. */
function isNoteworthy({ status, queueRemaining, standing }: ReportedBackend): boolean {
  if ((queueRemaining ?? 0) > 0 || standing?.kind === "at_work") return true;
  if (standing?.kind === "doubtful" || status === "errored") return true;
  // A ComfyUI that was asked and is dead.
  return status === "running" && queueRemaining === null && standing?.kind === "unseen" &&
    standing.spot !== COMFY_BLIND_SPOT && standing.spot.includes("is dead");
}

/** How many there are more, by their status. */
function restLine(
  rest: readonly ReportedBackend[],
  { isAll }: { readonly isAll: boolean },
): string {
  const counts = new Map<string, number>();
  for (const { status } of rest) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
  return escapeForTerminal(
    `  ${isAll ? "" : "and "}${rest.length} ${isAll ? "in all" : "more"}: ${parts}`,
  );
}

function activeLines(report: DetectionReport): readonly string[] {
  const more = moreWorkLines(report);
  if (report.active.length > 0) {
    const unreachable = report.verdict === "unreachable"
      ? ["", "Server not reachable; records only"]
      : [];
    return [...generationBlocks(report.active, report.takenAt), ...unreachable, ...more];
  }
  switch (report.verdict) {
    case "busy":
      return more.length > 0 ? more : [worksLine(report)];
    case "idle":
      return ["No generations currently running"];
    case "unknown":
      return report.basis === "backend_status" ? estimateLines(report) : [
        "Not known whether a generation is running",
      ];
    case "unreachable":
      return ["Server not reachable; records only"];
    default:
      return report.verdict satisfies never;
  }
}

/** Without counters it is not known whose it is, nor whether its run still lasts. */
function worksLine(report: DetectionReport): string {
  const { comfyJobs, backends } = report;
  const reserved = backends?.find(({ standing }) =>
    standing?.kind === "at_work" && standing.isReserved
  );
  if (reserved !== undefined) {
    return `The server works: backend ${reserved.id} is full, and about to be restarted or ` +
      "switched off";
  }
  const jobs = comfyJobs.remaining ?? 0;
  const what = jobs > 0 ? formatCount(jobs, "ComfyUI job") : "something";
  return `The server works: ${what} ${originText(report)}, or the rest of an interrupted run`;
}

function estimateLines(report: DetectionReport): readonly string[] {
  return [
    `Estimated running: ${report.generationsRunning} (inferred from backend status)`,
    "",
    "Note: Generation details unavailable - check backend status above",
    "      for more information about active processing.",
  ];
}

function generationBlocks(
  generations: readonly ReportedGeneration[],
  nowMs: number,
): readonly string[] {
  return generations.flatMap((one, index) => [
    ...(index === 0 ? [] : [""]),
    `  Generation ${index + 1}:`,
    ...field(4, "Session ID", one.record.id),
    ...field(4, "Status", one.queued === true ? "queued" : one.record.status),
    ...field(
      4,
      "Progress",
      one.record.progress === null ? null : formatPercent(one.record.progress),
    ),
    ...field(4, "Duration", formatDuration(nowMs - one.record.startedAt)),
    ...field(4, "Image", imageText(one)),
    ...field(
      4,
      "Remaining",
      one.remainingMs === null ? null : `about ${formatDuration(Math.max(1000, one.remainingMs))}`,
    ),
    ...field(4, "Model", one.record.model),
    ...noteLines(one),
  ]);
}

/** Of a single image there is nothing to count. */
function imageText(one: ReportedGeneration): string | null {
  const image = imageNumber(one);
  const { imagesTotal } = one.record;
  return image === null || imagesTotal === 1 ? null : `${image} of ${imagesTotal}`;
}

function noteLines(one: ReportedGeneration): readonly string[] {
  const note = generationNote(one);
  const more = note?.more ?? [];
  return [
    ...field(4, "Note", note?.found),
    ...more.flatMap(([label, text]) => field(4, label, text)),
  ];
}

/** Work on the server that no record explains. */
function moreWorkLines(report: DetectionReport): readonly string[] {
  const { images, comfyJobs } = report;
  const origin = originText(report);
  const lines: string[] = [];
  const untracked = images.untracked ?? 0;
  if (untracked > 0) {
    const running = images.untrackedRunning;
    const parts = running === null ? "" : ` (${running} running, ${untracked - running} queued)`;
    const count = formatCount(untracked, "image");
    lines.push(`Untracked: ${count} on the server${parts}, ${origin}`);
  }
  const loading = images.untrackedLoading ?? 0;
  if (loading > 0) {
    lines.push(`Untracked: ${formatCount(loading, "model load")} on the server, ${origin}`);
  }
  const jobs = comfyJobs.unattributed ?? 0;
  if (jobs > 0) {
    lines.push(
      `Unattributed: ${formatCount(jobs, "ComfyUI job")}, ` +
        "sent straight to ComfyUI or the rest of an interrupted run",
    );
  }
  return lines;
}

/**
 * What is said below a report: records of other servers, what could not be seen and how to see it.
 * Each line ends with a line break; `null`: there is nothing to say.
 */
function statusFooter(report: DetectionReport): string | null {
  const lines = report.elsewhere.map(({ serverUrl, records, isShared }) =>
    `Not counted: ${formatCount(records, "record")} of another server, ${serverUrl}` +
    (isShared ? " (named by a shared file: not to be trusted)" : "")
  );
  if (report.blindSpots.length > 0) {
    const needs = [...new Set(report.evidence.filter(seesWork).flatMap((one) => one.needs ?? []))];
    const how = needs.length === 0 ? "" : ` (to see it: ${needs.join(", ")})`;
    lines.push(`Not visible: ${[...new Set(report.blindSpots)].join("; ")}${how}`);
  }
  if (report.verdict === "unknown") {
    lines.push("What is missing, and how to get it: asset-generator doctor");
  }
  if (lines.length === 0) return null;
  return lines.map((line) => `${escapeForTerminal(line)}\n`).join("");
}

/** Models and resources tell nothing of work: their rights would not make more of it visible. */
function seesWork({ source }: Evidence): boolean {
  return source !== "models" && source !== "resources";
}

/** Why records could not be read, where no flag helps; why the server did not answer is told as an error. */
function unread({ tier, reason, message }: Evidence): readonly string[] {
  return tier === "records" && reason === "failed" && message !== undefined ? [message] : [];
}
