/**
 * The report for people: the verdict in one sentence, then the sections. The texts of the original
 * tool are kept word for word where they apply.
 */
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import type { DetectionReport, Evidence, ReportedGeneration } from "../../detection/report.ts";
import { reservedBackend } from "../../detection/report.ts";
import type { Verdict } from "../../detection/verdict.ts";
import type { Claim } from "../../generation/claim.ts";
import { claimsSection } from "./claim.ts";
import { escapeForTerminal } from "../escape.ts";
import { generationNote, imageNumber, isStatusKnown } from "../generation/generation_note.ts";
import { backendsSection, serverSection } from "./server_text.ts";
import { delayText, field, formatCount, formatDuration, formatPercent, section } from "../text.ts";
import { originText, verdictText } from "./verdict_text.ts";

/** SGR codes. */
export const VERDICT_COLORS: Readonly<Record<Verdict, string>> = {
  busy: "33",
  idle: "32",
  unknown: "35",
  unreachable: "31",
};

/** How the text is written. */
export interface StatusTextOptions {
  readonly isColored: boolean;
  /** The claims on the server. @default {none} */
  readonly claims?: readonly Claim[] | null;
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
    claimsSection(options.claims ?? [], report.takenAt),
    statusFooter(report),
  ];
  return sections.filter((text) => text !== null).join("\n");
}

/** The same without server and backends, for a small screen. */
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

/** Problems that do not change the answer: one line each, for standard error. */
export function statusWarnings(report: DetectionReport): readonly string[] {
  return report.evidence.flatMap((one) => [...unread(one), ...one.problems ?? []]);
}

function verdictLine(report: DetectionReport, { isColored }: StatusTextOptions): string {
  const text = escapeForTerminal(verdictText(report, { advises: false }));
  return `${isColored ? colorVerdict(text, report.verdict) : text}\n`;
}

/** Colours a line by its verdict. */
export function colorVerdict(line: string, verdict: Verdict): string {
  return `\x1b[${VERDICT_COLORS[verdict]}m${line}\x1b[39m`;
}

function uncertainSection({ uncertain, takenAt }: DetectionReport): string | null {
  if (uncertain.length === 0) return null;
  return section("Uncertain Generations", generationBlocks(uncertain, takenAt));
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

/** Without counters it is not known whose work it is, nor whether its run is still going on. */
function worksLine(report: DetectionReport): string {
  const reserved = reservedBackend(report);
  if (reserved !== undefined) {
    return `The server is working: backend ${reserved.id} is full, and about to be restarted or ` +
      "switched off";
  }
  const jobs = report.comfyJobs.remaining ?? 0;
  const what = jobs > 0 ? formatCount(jobs, "ComfyUI job") : "something";
  return `The server is working: ${what} ${originText(report)}, or the rest of an interrupted run`;
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
    ...field(4, "Status", statusOf(one)),
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
      one.remainingMs === null
        ? null
        : `about ${formatDuration(Math.max(1000, one.remainingMs))}${
          delayText(one.record.delayedBy)
        }`,
    ),
    ...field(4, "Model", one.record.model),
    ...noteLines(one),
  ]);
}

function statusOf(one: ReportedGeneration): string | null {
  if (one.queued === true) return "queued";
  return isStatusKnown(one) ? one.record.status : null;
}

/** With a single image there is nothing to count. */
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
 * The lines below a report: records of other servers, what could not be seen and how to see it.
 * Each line ends with a line break; `null`: there is nothing to say.
 */
function statusFooter(report: DetectionReport): string | null {
  const lines = report.elsewhere.map(({ serverUrl, records, isShared }) =>
    `Not counted: ${formatCount(records, "record")} of another server, ${serverUrl}` +
    (isSameServerUrl(serverUrl, report.serverUrl)
      ? " on another machine"
      : isShared
      ? " (named by a shared file: not to be trusted)"
      : "")
  );
  if (report.blindSpots.length > 0) {
    const needs = [...new Set(report.evidence.filter(seesWork).flatMap((one) => one.needs ?? []))];
    // Deno's flags can be copied together; the rights of an account are a list.
    const flags = needs.filter((one) => one.startsWith("--")).join(" ");
    const all = [flags, ...needs.filter((one) => !one.startsWith("--"))].filter((one) =>
      one !== ""
    );
    const how = all.length === 0 ? "" : ` (to see more: ${all.join(", ")})`;
    lines.push(`Not visible: ${[...new Set(report.blindSpots)].join("; ")}${how}`);
  }
  if (report.verdict === "unknown") {
    lines.push("What is missing, and how to get it: asset-generator doctor");
  }
  if (lines.length === 0) return null;
  return lines.map((line) => `${escapeForTerminal(line)}\n`).join("");
}

/** Models and resources say nothing about work, so the permissions for them are not named. */
function seesWork({ source }: Evidence): boolean {
  return source !== "models" && source !== "resources";
}

/**
 * Why records could not be read, if no flag helps. Why the server did not answer is reported as an
 * error.
 */
function unread({ tier, reason, message }: Evidence): readonly string[] {
  return tier === "records" && reason === "failed" && message !== undefined ? [message] : [];
}
