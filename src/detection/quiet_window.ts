/**
 * How long a server has been quiet without a break, from looks. Pure.
 *
 * A look is clean if its verdict is `idle` and no backend was claimed or released since the look
 * before: a run that began and ended in between leaves its trace in the backends' ages. Anything
 * else starts the window again. And no window begins before the latest instant at which, by the
 * ages, a backend may have been used: what a second's rounding could hide is not counted as quiet.
 *
 * Not seen: a model load, a wind-down and the end of a job sent straight to ComfyUI leave no trace
 * in the ages (`docs/detection.md`); nor does a run on a server whose backends were never used
 * before it and were started anew after it, all between two looks.
 */
import type { DetectionReport } from "./report.ts";

/** SwarmUI gives whole seconds, rounded down (`swarmui-protocol.md §6`). */
const ROUNDING_MS = 1_000;
/** By how much two clocks of two machines differ: a tick of the slowest, and a part of the time. */
const TICK_MS = 50;
const DRIFT = 0.001;

/** What a look says for a window. */
export interface QuietLook {
  /** When it was asked for; on one clock with all other looks of the window, milliseconds. */
  readonly askedAtMs: number;
  /** When it was complete; on the same clock. */
  readonly answeredAtMs: number;
  readonly isIdle: boolean;
  /** Seconds since each backend was used, by its id; `null`: never. Absent: not known. */
  readonly agesSeconds: ReadonlyMap<number, number | null> | null;
}

/** A window, as it goes from look to look. */
export interface QuietWindow {
  /** When the quiet began; `null`: the last look was not clean. */
  readonly sinceMs: number | null;
  /** On what the beginning rests: a look of ours (`samples` in documents), or the backends' ages. */
  readonly basis: "samples" | "backend_ages";
  /** The last look, to compare the next one with. */
  readonly last: QuietLook;
}

/** Takes from a report what a window needs of that look; the times as in `QuietLook`. */
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
 * Goes on with a window.
 *
 * @param before `null` before the first look.
 * @param options.trustAges Whether a window may begin before its first look: at the youngest
 * backend's last use, though never before a look that was not clean. A backend never used says
 * nothing of how long the server has been up.
 * @param options.toldAtMs When the look is told, on its own clock: other processes may have told
 * theirs since it was complete. @default {look.answeredAtMs}
 */
export function advanceWindow(
  before: QuietWindow | null,
  look: QuietLook,
  options: { readonly trustAges: boolean; readonly toldAtMs?: number },
): QuietWindow {
  const { trustAges, toldAtMs = look.answeredAtMs } = options;
  if (!look.isIdle) return { sinceMs: null, basis: "samples", last: look };
  // Another process looked meanwhile and was first to tell: this look began before its look.
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

/** Says whether, as far as the ages tell, no backend was used between two clean looks. */
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

/** The times of one process never do this, so it is no clock that was set back. */
function isOvertaken(before: QuietLook, look: QuietLook, toldAtMs: number): boolean {
  return look.askedAtMs < before.askedAtMs && toldAtMs >= before.askedAtMs;
}

/** Where a new window begins by the ages; `null` if they do not say, or not all of it. */
function trustedStart(before: QuietWindow | null, look: QuietLook): number | null {
  const usedMs = youngestUse(look);
  if (before === null || usedMs === null) return usedMs;
  if (look.askedAtMs < before.last.askedAtMs || hasForgotten(before.last, look)) return null;
  return Math.max(usedMs, before.sinceMs ?? before.last.answeredAtMs);
}

/** Says whether a backend's age was known and is no more: it has gone, or was started anew. */
function hasForgotten(before: QuietLook, look: QuietLook): boolean {
  return [...before.agesSeconds ?? []].some(([id, ageBefore]) => {
    const age = look.agesSeconds?.get(id);
    return age === undefined || (age === null && ageBefore !== null);
  });
}

/** When any backend was used last, at the latest; `null` if the ages do not say. */
function youngestUse(look: QuietLook): number | null {
  const ages = [...look.agesSeconds?.values() ?? []].filter((age) => age !== null);
  return ages.length === 0 ? null : latestUse(look, Math.min(...ages));
}

/** The ages were read at some time of the look, at its end at the latest. */
function latestUse(look: QuietLook, ageSeconds: number): number {
  return look.answeredAtMs - ageSeconds * 1000;
}
