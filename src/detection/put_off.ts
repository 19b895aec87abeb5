/**
 * Looks that failed for a reason that passes by itself, such as an overloaded gateway. They say
 * nothing about the server, so they neither prove nor interrupt its quiet. Pure.
 */
import { lastOf, VERDICT_SOURCES } from "./report.ts";
import type { DetectionReport } from "./report.ts";

/** The longest time that is waited, or skipped, because a gateway asks for it, in milliseconds. */
export const PUT_OFF_MAX_MS = 30_000;
/**
 * HTTP statuses of an overloaded server or gateway, or of a gateway that cannot reach its server.
 */
const STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Says whether the server could not answer a look, wholly or in part, and only for such a reason.
 * `timeout`: it did not answer in time, which may also be a server that hangs.
 *
 * @returns `null` for a look that counts, whatever it saw.
 */
export function putOffOf(report: DetectionReport): "status" | "timeout" | null {
  const { verdict, uncertain, backends, vanished } = report;
  if (verdict !== "unknown" && verdict !== "unreachable") return null;
  const standings = [...(backends ?? []).map(({ standing }) => standing), ...vanished];
  const hasDoubt = standings.some((one) => one?.kind === "doubtful" && one.cause !== "no_answer");
  if (uncertain.length > 0 || hasDoubt) return null;
  // For a user who may not ask ComfyUI, the counters alone decide.
  const silent = VERDICT_SOURCES.map((source) => lastOf(report, source))
    .filter((one) => one?.answered === false && one.reason !== "not_permitted");
  // If SwarmUI answers and a ComfyUI does not, that ComfyUI may be hard at work.
  const isLate = silent.some((one) => one?.source === "global_status" && one.reason === "timeout");
  const isPutOff = silent.every((one) =>
    (isLate && one?.reason === "timeout") || STATUSES.has(one?.putOff?.status ?? 0)
  );
  if (silent.length === 0 || !isPutOff) return null;
  return isLate ? "timeout" : "status";
}

/**
 * For how long the server or a gateway asks not to be asked, in milliseconds, at most
 * `PUT_OFF_MAX_MS`; 0: it does not say.
 */
export function askedPauseMs({ evidence }: Pick<DetectionReport, "evidence">): number {
  const pauses = evidence.map(({ putOff }) => putOff?.retryAfterMs ?? 0);
  return Math.min(Math.max(0, ...pauses), PUT_OFF_MAX_MS);
}

/** Says whether a server that gave no answer exists all the same, and asked to be asked later. */
export function asksForPatience({ evidence }: DetectionReport): boolean {
  return evidence.some(({ putOff }) =>
    putOff !== undefined && (putOff.status === 429 || putOff.retryAfterMs !== null)
  );
}
