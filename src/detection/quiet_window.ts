/**
 * Measures how long a server has been quiet without interruption, from look to look. Pure.
 *
 * A look is clean if its verdict is `idle` and no backend was claimed or released since the
 * previous look: a run that began and ended in between shows in the backends' ages. Anything else
 * starts the window again. No window begins before the latest time at which, by the ages, a backend
 * may have been used: time that may be due to rounding is not counted as quiet.
 *
 * Not seen: a model load, a wind-down and the end of a job sent straight to ComfyUI do not show in
 * the ages (`docs/detection.md`). Nor does a run between two looks on a server whose backends were
 * never used before it and were restarted after it.
 */
import type { DetectionReport } from "./report.ts";

/** SwarmUI gives whole seconds, rounded down (`swarmui-protocol.md §6`). */
const ROUNDING_MS = 1_000;
/**
 * How far the clocks of two machines may drift apart: one tick of the slower clock, plus a fraction
 * of the time.
 */
const TICK_MS = 50;
const DRIFT = 0.001;

/** What a window needs from a look. */
export interface QuietLook {
  /** When it was asked for, in milliseconds, on the same clock as all other looks of the window. */
  readonly askedAtMs: number;
  /** When it was complete; on the same clock. */
  readonly answeredAtMs: number;
  readonly isIdle: boolean;
  /** Seconds since each backend was used, by backend id; `null`: never. Absent: not known. */
  readonly agesSeconds: ReadonlyMap<number, number | null> | null;
}

/** A window of quiet, as it develops from look to look. */
export interface QuietWindow {
  /** When the quiet began; `null`: the last look was not clean. */
  readonly sinceMs: number | null;
  /**
   * What the beginning is based on: a look of this tool (`samples` in documents), or the backends'
   * ages.
   */
  readonly basis: "samples" | "backend_ages";
  /** The last look, to compare the next one with. */
  readonly last: QuietLook;
}

/** Takes what a window needs from a report; the times are those of `QuietLook`. */
export function quietLook(
  report: DetectionReport,
  times: Pick<QuietLook, "askedAtMs" | "answeredAtMs">,
): QuietLook {
  const ages = report.backends === null
    ? null
    : new Map(report.backends.map(({ id, secondsSinceUsed }) => [id, secondsSinceUsed]));
  return { ...times, isIdle: report.verdict === "idle", agesSeconds: ages };
}

/**
 * Updates a window with the next look.
 *
 * @param before `null` before the first look.
 * @param options.trustAges Whether a window may begin before its first look, at the last use of the
 * youngest backend, but never before a look that was not clean. A backend that was never used does
 * not say how long the server has been up.
 * @param options.toldAtMs When the look is entered, on its own clock. Other processes may have
 * entered theirs since it was complete. @default {look.answeredAtMs}
 */
export function advanceWindow(
  before: QuietWindow | null,
  look: QuietLook,
  options: { readonly trustAges: boolean; readonly toldAtMs?: number },
): QuietWindow {
  const { trustAges, toldAtMs = look.answeredAtMs } = options;
  if (!look.isIdle) return { sinceMs: null, basis: "samples", last: look };
  // Another process looked in the meantime and entered its look first.
  if (before !== null && isOvertaken(before.last, look, toldAtMs)) return before;
  if (before !== null && before.sinceMs !== null && isUnbroken(before.last, look)) {
    const sinceMs = Math.max(before.sinceMs, youngestUse(look) ?? -Infinity);
    return { sinceMs, basis: before.basis, last: look };
  }
  const usedMs = trustAges ? trustedStart(before, look) : null;
  return usedMs === null
    ? { sinceMs: look.answeredAtMs, basis: "samples", last: look }
    : { sinceMs: usedMs, basis: "backend_ages", last: look };
}

/** How long the server is known to have been quiet, in milliseconds. */
export function quietMs(window: QuietWindow): number {
  return window.sinceMs === null ? 0 : Math.max(0, window.last.askedAtMs - window.sinceMs);
}

/** Says whether, by the ages, no backend was used between two clean looks. */
export function isUnbroken(before: QuietLook, look: QuietLook): boolean {
  const betweenMs = look.askedAtMs - before.askedAtMs;
  // A clock that was set back cannot measure a window.
  if (betweenMs < 0 || look.agesSeconds === null || before.agesSeconds === null) return false;
  if (look.agesSeconds.size !== before.agesSeconds.size) return false;
  const slackMs = TICK_MS + betweenMs * DRIFT;
  for (const [id, age] of look.agesSeconds) {
    const ageBefore = before.agesSeconds.get(id);
    if (ageBefore === undefined || (age === null) !== (ageBefore === null)) return false;
    if (age === null || ageBefore === null) continue;
    const earliestUseMs = look.askedAtMs - age * 1000 - ROUNDING_MS;
    if (earliestUseMs >= latestUse(before, ageBefore) + slackMs) return false;
  }
  return true;
}

/** Times of one process are never like this, so it is not a clock that was set back. */
function isOvertaken(before: QuietLook, look: QuietLook, toldAtMs: number): boolean {
  return look.askedAtMs < before.askedAtMs && toldAtMs >= before.askedAtMs;
}

/** Where a new window begins by the ages; `null` if they do not say, or only in part. */
function trustedStart(before: QuietWindow | null, look: QuietLook): number | null {
  const usedMs = youngestUse(look);
  if (before === null || usedMs === null) return usedMs;
  if (look.askedAtMs < before.last.askedAtMs || hasForgotten(before.last, look)) return null;
  return Math.max(usedMs, before.sinceMs ?? before.last.answeredAtMs);
}

/**
 * Says whether a backend's age was known and no longer is: the backend is gone or was restarted.
 */
function hasForgotten(before: QuietLook, look: QuietLook): boolean {
  return [...before.agesSeconds ?? []].some(([id, ageBefore]) => {
    const age = look.agesSeconds?.get(id);
    return age === undefined || (age === null && ageBefore !== null);
  });
}

/** The latest time at which any backend can have been used; `null` if the ages do not say. */
function youngestUse(look: QuietLook): number | null {
  const ages = [...look.agesSeconds?.values() ?? []].filter((age) => age !== null);
  return ages.length === 0 ? null : latestUse(look, Math.min(...ages));
}

/** The ages were read at some time during the look, at the latest at its end. */
function latestUse(look: QuietLook, ageSeconds: number): number {
  return look.answeredAtMs - ageSeconds * 1000;
}
