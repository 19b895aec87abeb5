/** Why a verdict is unknown, and whether waiting could change that. Pure. */
import { foundText, isLasting } from "./answer.ts";
import { lastOf, VERDICT_SOURCES } from "./report.ts";
import type { DetectionReport, Evidence, ReportedBackend } from "./report.ts";
import type { Standing } from "./standing.ts";
import { isSwitchedOff } from "./standing.ts";
import { isComfyBackend } from "./swarm_server.ts";

/** Why a verdict is unknown. */
export interface UnknownReason {
  /** False: it may pass by itself, for example a backend that is loading. */
  readonly isLasting: boolean;
  /** What would help, if that is known: a Deno flag or a permission of SwarmUI. */
  readonly needs: string | null;
  /** The source without an answer; `null`: it is not a single one. */
  readonly evidence: Evidence | null;
  /** In one line, with the source's name in JSON; may hold foreign text. */
  readonly message: string;
}

/** Says why a report's verdict is `unknown`; `null` if it is not. */
export function unknownReason(report: DetectionReport): UnknownReason | null {
  if (report.verdict !== "unknown") return null;
  const global = lastOf(report, "global_status");
  const list = lastOf(report, "backend_status");
  const queue = lastOf(report, "comfy_queue");
  // For a user who may ask neither for ComfyUI's queues nor for the backends, the counters alone
  // decide.
  const isRefused = queue?.reason === "not_permitted";
  const isListRefused = isRefused && list?.reason === "not_permitted";
  const others = [...(isRefused ? [] : [queue]), ...(isListRefused ? [] : [list])];
  const silent = [global, ...others].filter(isSilent);
  const lasting = silent.find(({ reason }) => isLasting(reason));
  if (lasting !== undefined) return describe(lasting, true);
  return uncertainReason(report) ?? describeFirst(silent) ?? doubtReason(report) ??
    unnamed("not every ComfyUI queue answered");
}

/**
 * Says what answers at an address that is not SwarmUI's, or which setting kept a server from being
 * asked; `null` if SwarmUI answered, or nothing did. Waiting does not change that.
 */
export function wrongAddress(report: DetectionReport): UnknownReason | null {
  const setting = report.evidence.find(({ reason }) => reason === "setting");
  if (setting !== undefined) return describe(setting, true);
  if (report.reach !== "offline") return null;
  const found = report.evidence.find(({ tier, reason }) =>
    tier === "server" && reason === "not_swarmui"
  );
  if (found === undefined) return null;
  // This is about the address, not about the source that was asked first.
  return { ...unnamed(found.message ?? "it is not SwarmUI"), isLasting: true };
}

/**
 * The reason that may pass by itself, whatever other reasons there are: a question without an
 * answer, a backend in doubt, an uncertain record; `null` if there is none.
 */
export function passingReason(report: DetectionReport): UnknownReason | null {
  const silent = VERDICT_SOURCES.map((source) => lastOf(report, source)).filter(isSilent);
  return uncertainReason(report) ?? doubtReason(report) ??
    describeFirst(silent.filter(({ reason }) => !isLasting(reason)));
}

function uncertainReason({ uncertain }: DetectionReport): UnknownReason | null {
  if (uncertain.length === 0) return null;
  const ids = uncertain.map(({ record }) => record.id).join(", ");
  return unnamed(`the process of ${ids} is gone, and the server could not be asked about it`);
}

function doubtReason(report: DetectionReport): UnknownReason | null {
  const [doubt] = listDoubts(report);
  return doubt === undefined ? null : unnamed(doubt.why);
}

/**
 * Says whether `likely` can be known without help from a person: no lasting reason hides ComfyUI's
 * queues, all backends that are on are ComfyUI (so the queues hold all possible work), and at least
 * one queue can be asked.
 */
export function canBeLikely(report: DetectionReport): boolean {
  const mayAsk = ["backend_status", "comfy_queue"].every((source) => {
    const evidence = lastOf(report, source);
    return !isLasting(evidence?.reason);
  });
  if (!mayAsk || report.backends === null) return mayAsk;
  return report.backends.some(mayTellQueue) &&
    report.backends.every((backend) => isComfyBackend(backend) || backend.status === "disabled");
}

/**
 * A backend that is off, or permanently `idle`, tells nothing until somebody switches it on or uses
 * it.
 */
function mayTellQueue(backend: ReportedBackend): boolean {
  if (!isComfyBackend(backend) || isSwitchedOff(backend)) return false;
  return backend.status !== "idle" || backend.standing?.kind === "doubtful";
}

/** Why the backends' ages are missing, if the reason is a lasting one; else `null`. */
export function hiddenAges(report: DetectionReport): UnknownReason | null {
  const evidence = lastOf(report, "backend_status");
  return evidence !== undefined && isLasting(evidence.reason) ? describe(evidence, true) : null;
}

/**
 * Says whether only a backend that SwarmUI calls `idle` keeps the verdict from `idle`: looks over 6
 * s then show what it is (`swarmui-protocol.md §20.1`).
 *
 * @param options.isAssumed Whether to ignore counters that this user may never read. The verdict
 * stays unknown without them, but the caller takes a lasting unknown for something else.
 */
export function isSettling(
  report: DetectionReport,
  { isAssumed }: { readonly isAssumed: boolean },
): boolean {
  const doubts = listDoubts(report);
  const counters = lastOf(report, "global_status");
  const isKnown = counters?.answered === true || (isAssumed && isLasting(counters?.reason));
  return report.verdict === "unknown" && report.uncertain.length === 0 && doubts.length > 0 &&
    doubts.every(({ cause }) => cause === "settling") && isKnown;
}

/** Why each backend in doubt is so; deleted backends come last. */
function listDoubts({ backends, vanished }: DetectionReport): readonly Doubt[] {
  const standings = [...(backends ?? []).map(({ standing }) => standing), ...vanished];
  return standings.filter((standing) => standing?.kind === "doubtful");
}

type Doubt = Extract<Standing, { readonly kind: "doubtful" }>;

/** The newest evidence of one of the server's sources. */
function isSilent(evidence: Evidence | undefined): evidence is Evidence {
  return evidence?.reason !== undefined;
}

function describeFirst([first]: readonly Evidence[]): UnknownReason | null {
  return first === undefined ? null : describe(first, false);
}

/** Makes a reason that is not about a single source. */
function unnamed(message: string): UnknownReason {
  return { isLasting: false, needs: null, evidence: null, message };
}

function describe(evidence: Evidence, isLasting: boolean): UnknownReason {
  const needs = evidence.needs ?? null;
  return { isLasting, needs, evidence, message: `${evidence.source}: ${foundText(evidence)}` };
}
