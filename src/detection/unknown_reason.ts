/** Why a verdict is unknown, and whether waiting could change that. Pure. */
import type { NoAnswerReason } from "./answer.ts";
import type { DetectionReport, Evidence } from "./report.ts";
import type { Standing } from "./standing.ts";
import { isComfyBackend } from "./swarm_server.ts";

/** Reasons that only a person can change: a right, an old server, a login, a Deno grant. */
const LASTING: ReadonlySet<NoAnswerReason> = new Set([
  "permission",
  "not_permitted",
  "refused",
  "not_supported",
]);

/** The server's sources on which a verdict rests. */
const SOURCES = ["global_status", "comfy_queue", "backend_status"];

/** Why a verdict is unknown. */
export interface UnknownReason {
  /** False: it may pass by itself, e.g. a backend that is loading. */
  readonly isLasting: boolean;
  /** What would help, if anything can be named: a Deno flag or a permission of SwarmUI. */
  readonly needs: string | null;
  /** The source that keeps the answer from us; `null`: it is no single one. */
  readonly evidence: Evidence | null;
  /** In one line, with the source's name in JSON; may hold foreign text. */
  readonly message: string;
}

/** Says why a report's verdict is `unknown`; `null` if it is not. */
export function unknownReason(report: DetectionReport): UnknownReason | null {
  if (report.verdict !== "unknown") return null;
  const global = sourceOf(report, "global_status");
  const list = sourceOf(report, "backend_status");
  const queue = sourceOf(report, "comfy_queue");
  // A user who may not ask ComfyUI gets the verdict from the counters alone, so it is no reason.
  const isRefused = queue?.reason === "not_permitted";
  const sources = [global, ...(isRefused ? [] : [queue, list])];
  const silent = sources.filter((evidence) => evidence?.reason !== undefined);
  const lasting = silent.find((evidence) => evidence?.reason && LASTING.has(evidence.reason));
  if (lasting !== undefined) return describe(lasting, true);
  if (report.uncertain.length > 0) {
    const ids = report.uncertain.map(({ record }) => record.id).join(", ");
    return {
      isLasting: false,
      needs: null,
      evidence: null,
      message: `the process of ${ids} is gone, and the server could not be asked about it`,
    };
  }
  const [first] = silent;
  if (first !== undefined) return describe(first, false);
  const [doubt] = listDoubts(report);
  return {
    isLasting: false,
    needs: null,
    evidence: null,
    message: doubt === undefined ? "not every ComfyUI queue answered" : doubt.why,
  };
}

/**
 * Says whether at least one thing that keeps the answer from us may pass by itself: a question without
 * an answer, a backend in doubt, an uncertain record.
 */
export function mayPass(report: DetectionReport): boolean {
  return report.uncertain.length > 0 || listDoubts(report).length > 0 ||
    SOURCES.some((source) => {
      const reason = sourceOf(report, source)?.reason;
      return reason !== undefined && !LASTING.has(reason);
    });
}

/**
 * Says whether `likely` can ever be told: no lasting reason keeps ComfyUI's queues from us, and all
 * backends that are on are ComfyUI, so that the queues hold all the work there can be.
 */
export function canBeLikely(report: DetectionReport): boolean {
  const mayAsk = ["backend_status", "comfy_queue"].every((source) => {
    const evidence = sourceOf(report, source);
    return evidence?.reason === undefined || !LASTING.has(evidence.reason);
  });
  if (!mayAsk || report.backends === null) return mayAsk;
  return report.backends.some(isComfyBackend) &&
    report.backends.every((backend) => isComfyBackend(backend) || backend.status === "disabled");
}

/** Why the backends' ages cannot be had, if that will last; `null` if they can or may yet. */
export function hiddenAges(report: DetectionReport): UnknownReason | null {
  const evidence = sourceOf(report, "backend_status");
  if (evidence?.reason === undefined || !LASTING.has(evidence.reason)) return null;
  return describe(evidence, true);
}

/**
 * Says whether the only thing that keeps the verdict from `idle` is a backend that SwarmUI calls
 * `idle`: looks over 6 s will tell what it is (`swarmui-protocol.md §20.1`).
 */
export function isSettling(report: DetectionReport): boolean {
  const doubts = listDoubts(report);
  return report.verdict === "unknown" && report.uncertain.length === 0 && doubts.length > 0 &&
    doubts.every(({ cause }) => cause === "settling") &&
    sourceOf(report, "global_status")?.answered === true;
}

/** Why each backend in doubt is so, the deleted ones last. */
function listDoubts({ backends, vanished }: DetectionReport): readonly Doubt[] {
  const standings = [...(backends ?? []).map(({ standing }) => standing), ...vanished];
  return standings.filter((standing) => standing?.kind === "doubtful");
}

type Doubt = Extract<Standing, { readonly kind: "doubtful" }>;

/** The newest evidence of one of the server's sources. */
function sourceOf(report: DetectionReport, source: string): Evidence | undefined {
  return report.evidence.findLast((one) => one.source === source);
}

function describe(evidence: Evidence, isLasting: boolean): UnknownReason {
  const needs = evidence.needs ?? null;
  const found = evidence.message ?? evidence.reason ?? "no answer";
  return { isLasting, needs, evidence, message: `${evidence.source}: ${found}` };
}
