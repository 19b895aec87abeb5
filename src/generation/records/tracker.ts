/**
 * Begins the generations of this process: takes a generation's owner lock and publishes its first
 * record. What keeps the record fresh is `Publisher`.
 */
import type { Clock } from "../clock.ts";
import { newGenerationId } from "../generation_id.ts";
import type { OwnerHold, OwnerLocks } from "./owner.ts";
import { Publisher } from "./publisher.ts";
import type { EndLog } from "./end_log.ts";
import type { GenerationStore } from "./store.ts";
import type { TrackedGeneration } from "./tracked_generation.ts";

/** What a tracker needs. */
export interface TrackerOptions {
  readonly stores: readonly GenerationStore[];
  readonly locks: OwnerLocks;
  /** Where ends are recorded; `null`: nowhere. */
  readonly ends: EndLog | null;
  readonly clock: Clock;
  /** This machine's name; `null` if Deno may not read it. */
  readonly host: string | null;
  readonly pid: number;
  /** Called with one line for people when a store or the owner lock fails, once for each. */
  readonly warn: (message: string) => void;
}

/**
 * Begins a generation: takes its owner lock, publishes it as `pending`, starts its heartbeat.
 *
 * @param about.imagesTotal Image runs requested.
 * @param about.detached Whether it will be left to the server. This is in the first publication
 * already, so that others who see it without an owner know why.
 */
export async function trackGeneration(
  about: {
    readonly serverUrl: string;
    readonly imagesTotal: number;
    readonly detached?: boolean;
  },
  options: TrackerOptions,
): Promise<TrackedGeneration> {
  const id = newGenerationId();
  const warned = new Set<string>();
  function warnOnce(key: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    // Stores that fail for the same reason: it is reported once.
    if (warned.has(key) || warned.has(message)) return;
    warned.add(key).add(message);
    options.warn(message);
  }

  let hold: OwnerHold | null = null;
  let lockProblem: unknown = null;
  try {
    hold = await options.locks.hold(id);
  } catch (error) {
    lockProblem = error;
  }
  const nowMs = options.clock.now();
  const generation = new Publisher({
    id,
    status: "pending",
    progress: 0,
    startedAt: nowMs,
    updatedAt: nowMs,
    serverUrl: about.serverUrl,
    serverId: null,
    host: options.host,
    pid: options.pid,
    imagesTotal: about.imagesTotal,
    imagesDone: 0,
    ...(about.detached ? { detached: true } : {}),
    foreign: false,
  }, { ...options, hold, warnOnce });
  await generation.publish();
  // The lock is in the user's state directory. If no record can be kept there either, one warning is
  // enough, and the one about the record names the directory.
  const isTold = options.stores.some(({ scope, location }) =>
    scope === "user" && warned.has(location)
  );
  if (lockProblem !== null && !isTold) warnOnce("lock", lockProblem);
  return generation;
}
