/**
 * Looks that a gateway put off for a reason that passes by itself: they tell nothing of the server,
 * so they neither prove nor break its quiet. Pure.
 */
import type { DetectionReport } from "./report.ts";

/** The longest time that is waited or passed over on a gateway's word, in milliseconds. */
export const PUT_OFF_MAX_MS = 30_000;
/** Statuses of a server or gateway that has too much to do, or no server behind it just now. */
const STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** The sources on which a verdict rests. */
const SOURCES = ["global_status", "comfy_queue", "backend_status"];

/**
 * Says whether the server could not answer a look, wholly or in part, and for such a reason alone:
 * `timeout` if it had no answer in time, which also a server that hangs gives.
 *
 * @returns `null` for a look that counts, whatever it saw.
 */
export function putOffOf(report: DetectionReport): "status" | "timeout" | null {
  const { verdict, uncertain, backends, vanished, evidence } = report;
  if (verdict !== "unknown" && verdict !== "unreachable") return null;
  const standings = [...(backends ?? []).map(({ standing }) => standing), ...vanished];
  const hasDoubt = standings.some((one) => one?.kind === "doubtful" && one.cause !== "no_answer");
  if (uncertain.length > 0 || hasDoubt) return null;
  // A user who may not ask ComfyUI gets the verdict from the counters alone.
  const silent = SOURCES.map((source) => evidence.findLast((one) => one.source === source))
    .filter((one) => one?.answered === false && one.reason !== "not_permitted");
  // Where SwarmUI answers and a ComfyUI does not, that one may be hard at work.
  const isLate = silent.some((one) => one?.source === "global_status" && one.reason === "timeout");
  const isPutOff = silent.every((one) =>
    (isLate && one?.reason === "timeout") || STATUSES.has(one?.putOff?.status ?? 0)
  );
  if (silent.length === 0 || !isPutOff) return null;
  return isLate ? "timeout" : "status";
}

/**
 * How long the server or a gateway asks to be left alone, in milliseconds, at most `PUT_OFF_MAX_MS`;
 * 0: it does not ask.
 */
export function askedPauseMs({ evidence }: DetectionReport): number {
  const pauses = evidence.map(({ putOff }) => putOff?.retryAfterMs ?? 0);
  return Math.min(Math.max(0, ...pauses), PUT_OFF_MAX_MS);
}

/** Says whether a server that did not answer is there all the same, and asks for patience. */
export function asksForPatience({ evidence }: DetectionReport): boolean {
  return evidence.some(({ putOff }) =>
    putOff !== undefined && (putOff.status === 429 || putOff.retryAfterMs !== null)
  );
}
