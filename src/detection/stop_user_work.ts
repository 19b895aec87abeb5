/**
 * Stops all work of one user of a server, and checks that it stopped, as far as this can be seen.
 */
import { ServerUnreachableError } from "../errors.ts";
import type { Clock } from "../generation/clock.ts";
import type { Counters } from "../generation/server/counters.ts";
import { showsWork } from "../generation/server/counters.ts";
import { STOP_TIMEOUT_MS } from "../generation/stop/stop_generation.ts";
import { untilAborted } from "../generation/until_aborted.ts";

/**
 * How long the sums of all users are watched if this user's own cannot be told apart, in
 * milliseconds.
 */
const SUMS_TIMEOUT_MS = 3_000;
/** Time between two looks at the counters, in milliseconds. */
const LOOK_INTERVAL_MS = 200;

/** The counts; `null`: the server does not tell. */
export interface UserWorkCount {
  /** The server's name for the user whose credentials are in use. */
  readonly user: string | null;
  /** The sums over this user's sessions. */
  readonly own: Counters | null;
  /** The sums over all users' sessions. */
  readonly all: Counters | null;
}

/**
 * The port to all work of the user whose credentials are in use, whichever program asked for it. On
 * a server without accounts that is everybody's work, the web UI's included. Methods throw
 * `ServerUnreachableError`, `ServerRefusedError`, `ServerError` or `PermissionError`.
 */
export interface UserWork {
  /** Normalised base URL without user info. */
  readonly url: string;
  /** Counts the work. It is no error if the user may not see a count. */
  count(): Promise<UserWorkCount>;
  /** InterruptAll for all the user's sessions; jobs sent straight to ComfyUI are not among them. */
  interruptAll(): Promise<void>;
}

/**
 * The result. `stopped`: the counters are zero. `still_running`: this user's are not zero; new work
 * may have come. `not_confirmed`: the server does not separate this user's work from the others',
 * or the waiting was ended before there was an answer.
 */
export interface UserWorkStop {
  readonly outcome: "stopped" | "still_running" | "not_confirmed";
  /** The last count; `null`: the waiting was ended before there was one. */
  readonly after: UserWorkCount | null;
}

/** Says whether there is work that may be this user's; `null`: the server does not tell. */
export function mayHaveWork({ own, all }: UserWorkCount): boolean | null {
  const counters = own ?? all;
  return counters === null ? null : showsWork(counters);
}

/**
 * Interrupts once: this stops what is running at that moment, and nothing that comes later.
 *
 * @param options.giveUp Ends the waiting.
 * @throws {AppError} If the server refused the interrupt, or did not answer.
 */
export async function stopUserWork(
  work: UserWork,
  options: { readonly clock: Clock; readonly giveUp: AbortSignal },
): Promise<UserWorkStop> {
  const { clock, giveUp } = options;
  // Each question may hang far longer than the program may stay.
  await untilAborted(work.interruptAll(), giveUp);
  const startedMs = clock.monotonicMs();
  let last: UserWorkCount | null = null;
  while (!giveUp.aborted) {
    const after = await untilAborted(countAgain(work), giveUp);
    if (after === null) break;
    if (!(after instanceof ServerUnreachableError)) {
      last = after;
      const works = mayHaveWork(after);
      if (works === false) return { outcome: "stopped", after };
      if (works === null) return { outcome: "not_confirmed", after };
    }
    const isOwn = after instanceof ServerUnreachableError || after.own !== null;
    const limitMs = isOwn ? STOP_TIMEOUT_MS : SUMS_TIMEOUT_MS;
    if (clock.monotonicMs() - startedMs >= limitMs) {
      if (after instanceof ServerUnreachableError) throw after;
      return { outcome: isOwn ? "still_running" : "not_confirmed", after };
    }
    await clock.sleep(LOOK_INTERVAL_MS, giveUp);
  }
  const isOwn = (last?.own ?? null) !== null;
  return { outcome: isOwn ? "still_running" : "not_confirmed", after: last };
}

async function countAgain(work: UserWork): Promise<UserWorkCount | ServerUnreachableError> {
  try {
    return await work.count();
  } catch (error) {
    if (error instanceof ServerUnreachableError) return error;
    throw error;
  }
}
