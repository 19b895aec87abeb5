/**
 * Finds the generations that are waiting for a backend, so that nothing of them is being made.
 * Pure.
 */
import type { Counters } from "../generation/server/counters.ts";
import type { JudgedRecord } from "./judge.ts";
import { countReady } from "./merge.ts";
import type { ServerReading } from "./server_tier.ts";

/**
 * Says of each running generation whether it is waiting; `null`: not known.
 *
 * SwarmUI counts a run as live as soon as a backend has taken it, and a ComfyUI backend takes a
 * second one into its own queue. So only as many of the live generations are being made as there
 * are backends: first those that have made progress, then the oldest ones.
 *
 * @param running All running generations, in any order.
 */
export function findQueued(
  running: readonly JudgedRecord[],
  reading: ServerReading,
): ReadonlyMap<string, boolean | null> {
  const ready = reading.backends.answered ? countReady(reading.backends.value) : null;
  const isTaken = ready === null || areTaken(ready, reading);
  const live = running.filter(({ record }) => isLive(answersOf(reading, record.id)))
    .toSorted((a, b) => moved(b) - moved(a) || a.record.startedAt - b.record.startedAt);
  const behind = new Set(
    ready === null ? [] : live.slice(ready).filter((one) => moved(one) === 0),
  );
  return new Map(running.map((one) => {
    const { id, queued = null } = one.record;
    const answers = answersOf(reading, id);
    if (answers.length === 0) return [id, queued];
    return [id, behind.has(one) || (isTaken && isWaiting(answers))];
  }));
}

/**
 * False if a run is about to get a backend: SwarmUI takes seconds between a model load and its
 * first image.
 */
function areTaken(ready: number, { globals }: ServerReading): boolean {
  return globals.every(({ answer }) => !answer.answered || answer.value.liveGens >= ready);
}

/** All answers about a record's own session. */
function answersOf(reading: ServerReading, id: string): readonly Counters[] {
  return reading.sessions.flatMap((session) => {
    const answer = session.get(id);
    return answer?.answered && answer.value !== "gone" ? [answer.value] : [];
  });
}

/** One answer without a live run is not enough: it may fall between two images. */
function isWaiting(answers: readonly Counters[]): boolean {
  return answers.every(({ waitingGens, liveGens, loadingModels }) =>
    waitingGens > 0 && liveGens === 0 && loadingModels === 0
  );
}

function isLive(answers: readonly Counters[]): boolean {
  return answers.some(({ liveGens }) => liveGens > 0);
}

/** 1 if it has made any progress, else 0. */
function moved({ record: { progress } }: JudgedRecord): 0 | 1 {
  return (progress ?? 0) > 0 ? 1 : 0;
}
