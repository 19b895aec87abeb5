/** Why a verdict is unknown, and whether waiting could change that. Pure. */
import type { NoAnswerReason } from "./answer.ts";
import type { DetectionReport, Evidence, ReportedBackend } from "./report.ts";
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
  const queue = sourceOf(report, "comfy_queue") ?? sourceOf(report, "backend_status");
  for (const evidence of [global, queue]) {
    if (evidence === undefined || evidence.answered || evidence.reason === undefined) continue;
    if (LASTING.has(evidence.reason)) return describe(evidence, true);
  }
  if (report.uncertain.length > 0) {
    const ids = report.uncertain.map(({ record }) => record.id).join(", ");
    return {
      isLasting: false,
      needs: null,
      evidence: null,
      message: `the process of ${ids} is gone, and the server could not be asked about it`,
    };
  }
  const silent = [global, queue].find((evidence) => evidence?.answered === false);
  if (silent !== undefined) return describe(silent, false);
  const starting = startingBackend(report);
  return {
    isLasting: false,
    needs: null,
    evidence: null,
    message: starting === undefined
      ? "not every ComfyUI queue answered"
      : `backend ${starting.id} is ${starting.status}`,
  };
}

/**
 * Says whether something keeps the answer from us that may pass by itself, whatever else does: a
 * question without an answer, a backend that starts, a record of which nobody knows.
 */
export function mayPass(report: DetectionReport): boolean {
  return report.uncertain.length > 0 || startingBackend(report) !== undefined ||
    SOURCES.some((source) => {
      const reason = sourceOf(report, source)?.reason;
      return reason !== undefined && !LASTING.has(reason);
    });
}

/**
 * Says whether `likely` can ever be told: nothing that lasts keeps ComfyUI's queues from us, and they
 * hold all the work there can be.
 */
export function canBeLikely(report: DetectionReport): boolean {
  const mayAsk = ["backend_status", "comfy_queue"].every((source) => {
    const evidence = sourceOf(report, source);
    return evidence?.reason === undefined || !LASTING.has(evidence.reason);
  });
  if (!mayAsk || report.backends === null) return mayAsk;
  return report.backends.some(isComfyBackend) &&
    report.backends.every((backend) => isComfyBackend(backend) || backend.status !== "running");
}

/** Why the backends' ages cannot be had, if that will last; `null` if they can or may yet. */
export function hiddenAges(report: DetectionReport): UnknownReason | null {
  const evidence = sourceOf(report, "backend_status");
  if (evidence?.reason === undefined || !LASTING.has(evidence.reason)) return null;
  return describe(evidence, true);
}

/** A ComfyUI backend that may hold work of which it does not tell yet. */
function startingBackend(report: DetectionReport): ReportedBackend | undefined {
  return report.backends?.find((backend) =>
    isComfyBackend(backend) && (backend.status === "loading" || backend.status === "waiting")
  );
}

/** The newest evidence of one of the server's sources. */
function sourceOf(report: DetectionReport, source: string): Evidence | undefined {
  return report.evidence.findLast((one) => one.source === source);
}

function describe(evidence: Evidence, isLasting: boolean): UnknownReason {
  const needs = evidence.needs ?? null;
  const found = evidence.message ?? evidence.reason ?? "no answer";
  return { isLasting, needs, evidence, message: `${evidence.source}: ${found}` };
}
