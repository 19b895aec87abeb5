/** The result of `cancel` for people. */
import type { UserWorkCount } from "../../detection/stop_user_work.ts";
import type { CancelOutcome } from "../../generation/stop/cancel_generation.ts";
import type { Counters } from "../../generation/server/counters.ts";
import { showsWork } from "../../generation/server/counters.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import type {
  CancelCandidate,
  CancelReport,
  EveryoneReport,
  ReportedCancellation,
} from "./cancel_document.ts";
import { escapeForTerminal } from "../escape.ts";
import { field, formatCount, formatDuration, formatPercent, section } from "../text.ts";

/** Makes the text of `cancel`; it ends with a line break, or is empty. */
export function cancelText(report: CancelReport, { nowMs }: { readonly nowMs: number }): string {
  const { cancelled, candidates, everyone, serverUrl } = report;
  if (candidates !== null) {
    return section("Generations", blocks(candidates.map((each) => candidateLines(each, nowMs))));
  }
  if (everyone !== null) {
    return section(EVERYONE_HEADINGS[everyone.outcome], everyoneLines(everyone, serverUrl));
  }
  if (cancelled === null) return "";
  if (cancelled.generations.length === 0) return nothingText(serverUrl, cancelled);
  const stopped = cancelled.generations.filter(({ outcome }) => outcome === "stopped");
  const others = cancelled.generations.filter(({ outcome }) => outcome !== "stopped");
  return [
    ...cancellationSection("Cancelled Generations", stopped),
    ...cancellationSection("Generations Not Cancelled", others),
  ].join("\n");
}

function cancellationSection(
  heading: string,
  all: readonly ReportedCancellation[],
): readonly string[] {
  return all.length === 0 ? [] : [section(heading, blocks(all.map(cancellationLines)))];
}

/** Counters in words: `4 images, 2 of them at a backend`; `nothing`. */
export function countersText(counters: Counters): string {
  const { waitingGens, liveGens, loadingModels } = counters;
  if (!showsWork(counters)) return "nothing";
  const live = liveGens > 0 ? `, ${liveGens} of them at a backend` : "";
  const loads = loadingModels > 0 ? `, ${formatCount(loadingModels, "model load")}` : "";
  return `${formatCount(waitingGens, "image")}${live}${loads}`;
}

/**
 * Why work may still be counted after the server accepted an interrupt, and what to do
 * (`swarmui-protocol.md §20.13`).
 */
export const HELD_WORK = "a ComfyUI that hangs is a known cause, and drops its work when " +
  "it answers again (see asset-generator status, or restart that ComfyUI)";

/** The server's user, in words; its name is foreign text. */
export function userName(user: string | null): string {
  return user === null ? "the server's user of these credentials" : `user "${user}"`;
}

/** The work of other users, in words; `null`: none, or not known. */
export function otherWork({ own, all }: UserWorkCount): string | null {
  if (own === null || all === null) return null;
  const others = all.waitingGens - own.waitingGens;
  return others > 0 ? `${formatCount(others, "image")} of other users` : null;
}

const OUTCOMES: Readonly<Record<CancelOutcome, string>> = {
  stopped: "stopped",
  was_over: "was over already",
  still_running: "still running",
  not_started: "not started yet",
  not_allowed: "not allowed",
  no_session: "not this user's",
  unreachable: "no answer",
  failed: "failed",
};

const EVERYONE_OUTCOMES: Readonly<Record<EveryoneReport["outcome"], string>> = {
  stopped: "stopped",
  still_running: "still running",
  not_confirmed: "stopped, not confirmed",
  nothing_to_stop: "nothing to stop",
  declined: "left alone",
};

const EVERYONE_HEADINGS: Readonly<Record<EveryoneReport["outcome"], string>> = {
  stopped: "Cancelled Work",
  still_running: "Work Not Cancelled",
  not_confirmed: "Cancelled Work, Not Confirmed",
  nothing_to_stop: "Nothing to Cancel",
  declined: "Work Not Cancelled",
};

const WINDING_DOWN = "ComfyUI still finishes its current step or model load";

function cancellationLines(one: ReportedCancellation): readonly string[] {
  const { record, owner } = one.target;
  return [
    `  ${escapeForTerminal(record.id)}:`,
    ...field(4, "Outcome", OUTCOMES[one.outcome]),
    ...field(4, "Before", one.before && countersText(one.before)),
    ...field(4, "After", one.after && countersText(one.after)),
    ...field(4, "Took", formatSeconds(one.elapsedMs)),
    ...field(4, "Note", one.windingDown ? WINDING_DOWN : null),
    ...field(4, "Note", owner === "gone" ? processNote(record) : null),
  ];
}

function processNote({ detached }: GenerationRecord): string {
  return detached === true
    ? "detached: no process was waiting for it"
    : "orphaned: its process was gone";
}

function candidateLines({ record, queued }: CancelCandidate, nowMs: number): readonly string[] {
  return [
    `  ${escapeForTerminal(record.id)}:`,
    ...field(4, "Status", queued === true ? "queued" : record.status),
    ...field(4, "Progress", record.progress === null ? null : formatPercent(record.progress)),
    ...field(4, "Duration", formatDuration(nowMs - record.startedAt)),
    ...field(4, "Host", record.host),
  ];
}

function everyoneLines(everyone: EveryoneReport, serverUrl: string): readonly string[] {
  const { before, after } = everyone;
  const left = otherWork(after ?? before);
  return [
    ...field(2, "URL", serverUrl),
    ...field(2, "User", everyone.user),
    ...field(2, "Outcome", EVERYONE_OUTCOMES[everyone.outcome]),
    ...field(2, "Before", before.own && countersText(before.own)),
    ...field(2, "After", after?.own && countersText(after.own)),
    ...field(2, "Took", formatSeconds(everyone.elapsedMs)),
    ...field(2, "Left alone", left),
    ...field(2, "Note", everyone.windingDown ? WINDING_DOWN : null),
  ];
}

function nothingText(
  serverUrl: string,
  { untrackedImages, origin }: NonNullable<CancelReport["cancelled"]>,
): string {
  const url = escapeForTerminal(serverUrl);
  const others = untrackedImages === null
    ? "; whether the server works for others is not known"
    : untrackedImages > 0
    ? `; ${formatCount(untrackedImages, "image")} on the server, ${origin}`
    : "";
  return `No generation of this tool to cancel on ${url}${others}\n`;
}

function blocks(all: readonly (readonly string[])[]): readonly string[] {
  return all.flatMap((lines, index) => index === 0 ? lines : ["", ...lines]);
}

function formatSeconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)}s`;
}
