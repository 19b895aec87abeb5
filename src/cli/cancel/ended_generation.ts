/** What became of a generation that is not known any more as running, for `cancel ID`. */
import type { EndedState } from "../../generation/run/generation_result.ts";
import type { RequestLog } from "../../generation/recovery/request_note.ts";
import type { EndLog, EndOutcome } from "../../generation/records/end_log.ts";
import { formatDuration } from "../../render/text.ts";

/** A generation that is over. */
export interface EndedGeneration {
  readonly id: string;
  /** How it ended, for people. */
  readonly how: string;
  /** Whether that was noted; else it only has no record any more. */
  readonly isNoted: boolean;
}

const STATES: Readonly<Record<EndedState, string>> = {
  complete: "complete",
  interrupted: "interrupted",
  timed_out: "stopped by its timeout",
  failed: "failed",
};

const OUTCOMES: Readonly<Record<EndOutcome, string>> = {
  finished: "complete",
  cancelled: "cancelled",
  failed: "failed",
};

/**
 * Finds the only generation of the last day with an ID, or the beginning of one; `null`: there is
 * none, or there are several.
 */
export async function findEnded(wanted: string, from: {
  readonly log: RequestLog | null;
  readonly ends: EndLog | null;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}): Promise<EndedGeneration | null> {
  const { log, ends, nowMs } = from;
  const names = [wanted, `gen-${wanted}`];
  const ids = await log?.ids() ?? [];
  const exact = ids.filter((id) => names.includes(id));
  const found = exact.length > 0
    ? exact
    : ids.filter((id) => names.some((name) => id.startsWith(name)));
  const [id] = found;
  if (id === undefined || found.length > 1) return null;
  const noted = (await log?.find(id))?.end ?? null;
  if (noted !== null) {
    return {
      id,
      isNoted: true,
      how: ago(STATES[noted.state], noted.endedAt === null ? null : nowMs - noted.endedAt),
    };
  }
  const told = await ends?.find(id) ?? null;
  if (told === null) return { id, isNoted: false, how: "not known how" };
  return { id, isNoted: true, how: ago(OUTCOMES[told.outcome], nowMs - told.endedAt) };
}

function ago(how: string, ageMs: number | null): string {
  return ageMs === null ? how : `${how}, ${formatDuration(Math.max(0, ageMs))} ago`;
}
