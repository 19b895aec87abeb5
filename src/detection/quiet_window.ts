/**
 * How long a server has been quiet without a break, from samples. Pure.
 *
 * A sample is clean if its verdict is `idle` and no backend was claimed or released since the sample
 * before: a run that began and ended in between leaves its trace in the backends' ages. Anything
 * else starts the window again.
 *
 * Not seen: a model load, a wind-down and the end of a job sent straight to ComfyUI leave no trace
 * in the ages (`docs/detection.md`).
 */
import type { DetectionReport } from "./report.ts";

/** SwarmUI gives whole seconds, rounded down (`swarmui-protocol.md §6`). */
const ROUNDING_MS = 1_000;
/** How much later than asked an age may have been read, against the sample before. */
const JITTER_MS = 2_000;

/** What a report says for a window. */
export interface QuietSample {
  /** When it was asked for; on one clock with all other samples of the window, milliseconds. */
  readonly askedAtMs: number;
  /** When it was complete; on the same clock. */
  readonly answeredAtMs: number;
  readonly isIdle: boolean;
  /** Seconds since each backend was used, by its id; `null`: never. Absent: not known. */
  readonly agesSeconds: ReadonlyMap<number, number | null> | null;
}

/** A window, as it goes from sample to sample. */
export interface QuietWindow {
  /** When the quiet began; `null`: the last sample was not clean. */
  readonly sinceMs: number | null;
  /** On what the beginning rests: a sample of ours, or the backends' ages. */
  readonly basis: "samples" | "backend_ages";
  /** The last sample, to compare the next one with. */
  readonly last: QuietSample;
}

/** Takes a sample out of a report; the times as in `QuietSample`. */
export function quietSample(
  report: DetectionReport,
  times: Pick<QuietSample, "askedAtMs" | "answeredAtMs">,
): QuietSample {
  const ages = report.backends === null
    ? null
    : new Map(report.backends.map(({ id, secondsSinceUsed }) => [id, secondsSinceUsed]));
  return { ...times, isIdle: report.verdict === "idle", agesSeconds: ages };
}

/**
 * Goes on with a window.
 *
 * @param before `null` before the first sample.
 * @param options.trustAges Whether a window may begin before its first sample: at the youngest
 * backend's last use. A backend never used says nothing of how long the server has been up.
 */
export function advanceWindow(
  before: QuietWindow | null,
  sample: QuietSample,
  options: { readonly trustAges: boolean },
): QuietWindow {
  if (!sample.isIdle) return { sinceMs: null, basis: "samples", last: sample };
  if (before !== null && before.sinceMs !== null && isUnbroken(before.last, sample)) {
    return { sinceMs: before.sinceMs, basis: before.basis, last: sample };
  }
  const usedMs = options.trustAges ? youngestUse(sample) : null;
  return usedMs === null
    ? { sinceMs: sample.answeredAtMs, basis: "samples", last: sample }
    : { sinceMs: usedMs, basis: "backend_ages", last: sample };
}

/** How long the server is known to have been quiet, in milliseconds. */
export function quietMs(window: QuietWindow): number {
  return window.sinceMs === null ? 0 : Math.max(0, window.last.askedAtMs - window.sinceMs);
}

/** Says whether no backend was used between two clean samples. */
function isUnbroken(before: QuietSample, sample: QuietSample): boolean {
  const betweenMs = sample.askedAtMs - before.askedAtMs;
  // A clock that was set back cannot measure a window.
  if (betweenMs < 0 || sample.agesSeconds === null || before.agesSeconds === null) return false;
  if (sample.agesSeconds.size !== before.agesSeconds.size) return false;
  for (const [id, age] of sample.agesSeconds) {
    const ageBefore = before.agesSeconds.get(id);
    if (ageBefore === undefined || (age === null) !== (ageBefore === null)) return false;
    if (age === null || ageBefore === null) continue;
    // Unused, an age grows by the time between; used, it is smaller than that time.
    const slackMs = ROUNDING_MS + Math.min(ageBefore * 1000, JITTER_MS);
    if (age * 1000 < ageBefore * 1000 + betweenMs - slackMs) return false;
  }
  return true;
}

/** When any backend was last used, at the latest; `null` if the ages do not say. */
function youngestUse(sample: QuietSample): number | null {
  const ages = [...sample.agesSeconds?.values() ?? []].filter((age) => age !== null);
  return ages.length === 0 ? null : sample.askedAtMs - Math.min(...ages) * 1000;
}
