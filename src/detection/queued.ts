/** Which generations wait for a backend, so that nothing is made of them at this moment. Pure. */
import type { Counters } from "../generation/counters.ts";
import type { JudgedRecord } from "./judge.ts";
import { countReady } from "./merge.ts";
import type { ServerReading } from "./server_tier.ts";

/**
 * Says of each running generation whether it waits; `null`: not known.
 *
 * SwarmUI calls a run live as soon as a backend has taken it, and a ComfyUI backend takes a second one
 * into its own queue. So of the live generations only as many work as there are backends: those that
 * have moved, and then the oldest ones.
 *
 * @param running All generations that run, in any order.
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

/** Else it is about to be given one: SwarmUI takes seconds between a model load and its first image. */
function areTaken(ready: number, { globals }: ServerReading): boolean {
  return globals.every(({ answer }) => !answer.answered || answer.value.liveGens >= ready);
}

/** All that a record's own session said. */
function answersOf(reading: ServerReading, id: string): readonly Counters[] {
  return reading.sessions.flatMap((session) => {
    const answer = session.get(id);
    return answer?.answered && answer.value !== "gone" ? [answer.value] : [];
  });
}

/** A single answer without a live run may fall between two images. */
function isWaiting(answers: readonly Counters[]): boolean {
  return answers.every(({ waitingGens, liveGens, loadingModels }) =>
    waitingGens > 0 && liveGens === 0 && loadingModels === 0
  );
}

function isLive(answers: readonly Counters[]): boolean {
  return answers.some(({ liveGens }) => liveGens > 0);
}

/** 1 if anything was seen of its work yet. */
function moved({ record: { progress } }: JudgedRecord): 0 | 1 {
  return (progress ?? 0) > 0 ? 1 : 0;
}
