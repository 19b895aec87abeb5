/** Stops a generation of this process when that is asked for, at any moment of its connection. */
import type { Clock } from "../clock.ts";
import type { HeardRun } from "../run/heard_run.ts";
import type { ImageServer } from "../server/image_server.ts";
import type { ServerSession } from "../session.ts";
import type { StopOutcome } from "./stop_generation.ts";
import { stopGeneration } from "./stop_generation.ts";
import { firstAbort, limitTime } from "../until_aborted.ts";

/** Why a generation is to be stopped. */
export type StopReason = "interrupted" | "timed_out";

/**
 * How long the server may take after a stop, in milliseconds: its counters must fall. The rest of
 * ten seconds is needed to save and report the pictures.
 */
const STOP_WITHIN_MS = 7_000;

/** How long what was sent before the end may take to arrive, in milliseconds. */
const LAST_IMAGES_MS = 500;

/** A generation that may be stopped. */
export interface StoppableRun {
  readonly server: ImageServer;
  readonly session: ServerSession;
  readonly clock: Clock;
  /** Stops the generation on the server; its reason is a `StopReason`. */
  readonly stop: AbortSignal;
  /** Returns at once, whatever the server does: the second Ctrl-C. */
  readonly leave: AbortSignal;
  readonly heard: HeardRun;
  /** Ends the connection. */
  readonly connection: AbortController;
  /** Aborted when nobody listens any more. */
  readonly ended: AbortSignal;
}

/**
 * Waits until the generation is to be stopped, and stops it.
 *
 * @returns Whether the server stopped; `null` if nobody asked it to.
 */
export async function stopWhenAsked(run: StoppableRun): Promise<StopOutcome | null> {
  const { stop, leave, server, session, clock, heard, connection, ended } = run;
  await firstAbort([stop, ended]);
  if (!stop.aborted || heard.isOver) return null;
  const accepted = heard.isAccepted;
  if (!accepted) {
    connection.abort(stop.reason);
    // Whether the request was sent is known only when the connection has been released.
    await firstAbort([ended]);
    if (!heard.isSent) return "stopped";
  }
  const giveUp = AbortSignal.any([leave, heard.over]);
  const stopped = await stopGeneration(session, {
    server,
    clock,
    accepted,
    withinMs: STOP_WITHIN_MS,
    giveUp,
  });
  // An image that was finished just before is still on its way.
  using limit = limitTime(LAST_IMAGES_MS, { clock, giveUp });
  if (stopped === "stopped") await firstAbort([limit.signal, ended]);
  connection.abort(stop.reason);
  return stopped;
}
