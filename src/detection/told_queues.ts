/** Adds to what a look has read what ComfyUI's own sockets told meanwhile. Pure. */
import type { QueueReading } from "./queue_reading.ts";
import type { ServerReading } from "./server_tier.ts";
import { jobsIn } from "./swarm_server.ts";

/** What the socket of one backend told. */
export interface ToldQueue {
  /** The most jobs since the look before; 0: none, or nothing was told. */
  readonly peak: number;
  /** The jobs that it told of last; 0 too if that is so long ago that the socket is taken for dead. */
  readonly length: number;
}

/**
 * Adds the jobs that a look did not see: those that came and went, and those of backends that
 * SwarmUI does not ask because they are off, idle or full. Jobs are never taken away.
 *
 * @param told By backend id.
 */
export function addTold(
  reading: ServerReading,
  told: ReadonlyMap<number, ToldQueue>,
): ServerReading {
  const { backends, queues } = reading;
  if (!backends.answered || told.size === 0) return reading;
  const read = new Map(queues.map((queue) => [queue.backend.id, queue]));
  const added = backends.value.flatMap((backend): readonly QueueReading[] => {
    const [one, queue] = [told.get(backend.id), read.get(backend.id)];
    if (one === undefined) return [];
    const answer = queue?.answer;
    // What was just read is newer than what was told before the look before.
    const counted = jobsIn(answer);
    const jobs = counted === null ? Math.max(one.peak, one.length) : one.peak;
    if (jobs <= (counted ?? 0)) return [];
    const value = { kind: "jobs", remaining: jobs } as const;
    const elapsedMs = answer?.elapsedMs ?? 0;
    return [{ backend, answer: { answered: true, value, elapsedMs }, isTold: true }];
  });
  const ids = new Set(added.map(({ backend }) => backend.id));
  return {
    ...reading,
    queues: [...queues.filter(({ backend }) => !ids.has(backend.id)), ...added],
  };
}
