/** The port to all work of one user of a server, whatever program asked for it. */
import type { Counters } from "../generation/counters.ts";

/** What is counted; `null`: the server does not tell. */
export interface UserWorkCount {
  /** The server's name of the user whose credentials are in use. */
  readonly user: string | null;
  /** The sums over this user's sessions. */
  readonly own: Counters | null;
  /** The sums over all users' sessions. */
  readonly all: Counters | null;
}

/**
 * The work of the user whose credentials are in use. Without accounts that is everybody's who uses
 * the server, the web UI's included. Methods throw `ServerUnreachableError`, `ServerRefusedError`,
 * `ServerError` or `PermissionError`.
 */
export interface UserWork {
  /** Normalised base URL without user info. */
  readonly url: string;
  /** Counts; that the user may not see a count is no error. */
  count(): Promise<UserWorkCount>;
  /** InterruptAll for all the user's sessions; jobs sent straight to ComfyUI are not among them. */
  interruptAll(): Promise<void>;
}
