/**
 * Runs one generation from its request to its end, keeps its record true, and stops it on demand.
 * It knows at any time whether the server may still be working.
 */
import { ConnectionLostError, ServerUnreachableError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { showsWork } from "../server/counters.ts";
import { Departure } from "./departure.ts";
import { HeardRun, type RunPictures } from "./heard_run.ts";
import type { GenerationHarvest, GenerationResult } from "./generation_result.ts";
import { outcomeOf } from "./generation_result.ts";
import type { ImageRequest, ImageServer } from "../server/image_server.ts";
import { takeMissed } from "../recovery/missed_images.ts";
import type { Recovery } from "../recovery/recover_generation.ts";
import { recoverGeneration, trailOf } from "../recovery/recover_generation.ts";
import type { RunSnapshot } from "./run_progress.ts";
import type { ServerSession } from "../session.ts";
import { watchSilence } from "./silence_watch.ts";
import { isKnownOver, isSameRun } from "../stop/stop_generation.ts";
import { stopWhenAsked } from "../stop/stop_on_demand.ts";
import type { TrackedGeneration } from "../records/tracked_generation.ts";

/** What a run needs. */
export interface RunOptions {
  readonly server: ImageServer;
  readonly session: ServerSession;
  /** Already published as `starting`. */
  readonly tracked: TrackedGeneration;
  readonly transport: "auto" | "http";
  readonly clock: Clock;
  /** Whether to return as soon as the server is working on it. @default {false} */
  readonly detach?: boolean;
  /** Stops the generation on the server; its reason is a `StopReason`. */
  readonly stop: AbortSignal;
  /** Returns at once, whatever the server does: the second Ctrl-C. */
  readonly leave: AbortSignal;
  /**
   * Called with the reason why the WebSocket could not be opened, if plain HTTP is used instead.
   */
  readonly onNoSocket?: (found: string) => void;
  /** Called with what ended the connection, if the generation is followed without it. */
  readonly onLost?: (found: string) => void;
  /** Awaited when its work is over, before its record is removed. */
  readonly onOver?: (harvest: GenerationHarvest) => Promise<void>;
  /** Called once the server has the request, and when it tells of pictures; gives those of now. */
  readonly onNews?: (pictures: () => RunPictures) => void;
  /** Called on every change. */
  readonly onUpdate: (snapshot: RunSnapshot) => void;
}

/** How long a server that was stopped may take to say whether it is the same run, in milliseconds. */
const SAME_RUN_WITHIN_MS = 1_000;

/** Sends the request and sees it through; the record is removed or left before it returns. */
export async function runGeneration(
  request: ImageRequest,
  options: RunOptions,
): Promise<GenerationResult> {
  return await new Run(request, options).run();
}

class Run {
  readonly #request: ImageRequest;
  readonly #options: RunOptions;
  readonly #heard: HeardRun;
  readonly #connection = new AbortController();
  #cause: Error | null = null;
  /** `null`: it is not left. */
  readonly #departure: Departure | null;
  /** Aborted when the connection has ended. */
  readonly #listening = new AbortController();
  #mayBeMore = false;

  constructor(request: ImageRequest, options: RunOptions) {
    this.#request = request;
    this.#options = options;
    this.#heard = new HeardRun(request, options);
    const { clock, detach } = options;
    const listening = this.#listening.signal;
    this.#departure = detach
      ? new Departure({ clock, connection: this.#connection, listening })
      : null;
  }

  async run(): Promise<GenerationResult> {
    const { stop, tracked, server, session, clock, leave } = this.#options;
    const ended = new AbortController();
    const stopping = stopWhenAsked({
      ...this.#options,
      heard: this.#heard,
      connection: this.#connection,
      ended: ended.signal,
    });
    const watching = this.#watchSilence(this.#listening.signal);
    try {
      await this.#listen();
    } catch (error) {
      if (!this.#connection.signal.aborted) {
        if (!(error instanceof Error)) throw error;
        this.#cause = error;
      }
    } finally {
      this.#listening.abort();
    }
    await watching;
    const recovered = this.#heard.isSent && this.#cause instanceof ConnectionLostError
      ? await this.#recover(this.#cause)
      : null;
    ended.abort();
    const stopped = await stopping;
    if (this.#departure?.hasLeft && stopped === null) {
      await tracked.leave();
      const left = { serverMayWork: true, isHeld: false, cause: null, mayBeMore: false };
      return this.#result({ state: "detached", ...left });
    }
    const over = this.#heard.isOver || !this.#heard.isSent ||
      (stopped === null
        ? recovered !== "away" &&
          await isKnownOver(session, {
            server,
            clock,
            accepted: this.#heard.isAccepted,
            giveUp: leave,
          })
        : stopped === "stopped" || stopped === "lost");
    if (over && recovered === null) {
      this.#mayBeMore = await takeMissed({
        ...this.#options,
        heard: this.#heard,
        trail: trailOf(this.#request, tracked.startedAt),
        cause: this.#cause,
      });
    }
    const state = this.#heard.state({ cause: this.#cause, stop });
    const mayBeMore = state !== "complete" && (this.#mayBeMore || (!over && this.#heard.isHttp));
    if (over) {
      await this.#options.onOver?.({ state, mayBeMore, ...this.#heard.pictures() });
      await tracked.finish(outcomeOf(state));
    } else await tracked.leave();
    // If a connection broke, or the server was away, the zeros may come from another run of the
    // server.
    const isDoubtful = this.#heard.isSent &&
      (stopped === "lost" || this.#cause instanceof ServerUnreachableError);
    const isCertain = over &&
      (this.#heard.isOver && recovered !== null
        ? recovered === "certain"
        : !isDoubtful || await isSameRun(session, {
          server,
          clock,
          giveUp: leave,
          ...(stop.aborted ? { withinMs: SAME_RUN_WITHIN_MS } : {}),
        }));
    return this.#result({
      state,
      mayBeMore,
      serverMayWork: over ? (isCertain ? false : null) : true,
      isHeld: stopped === "held",
      cause: this.#cause,
      wasRefused: state === "failed" && stopped === null && recovered === null &&
        (!this.#heard.isSent || this.#heard.isRefusal(this.#cause)),
    });
  }

  #result(
    end: Omit<GenerationResult, "images" | "extras" | "errors" | "doubts" | "notes">,
  ): GenerationResult {
    const { errors, doubts, notes } = this.#heard.collected;
    return { ...this.#heard.pictures(), errors, doubts, notes, ...end };
  }

  async #listen(): Promise<void> {
    const { server, session, transport } = this.#options;
    const signal = this.#connection.signal;
    signal.throwIfAborted();
    for await (
      const event of server.generate(session, this.#request, { transport, signal })
    ) {
      this.#heard.take(event);
      if (this.#heard.isOver) return;
      this.#publish();
      if (this.#departure?.hasLeft) return;
    }
  }

  /** @param isSilent Whether nothing comes over the connection now. */
  #publish(isSilent = this.#heard.isHttp): void {
    const snapshot = this.#heard.snapshot();
    const { counters, progress, imagesDone, remainingMs, delayedBy } = snapshot;
    const { tracked } = this.#options;
    if (counters !== null) {
      const { waitingGens, liveGens, loadingModels } = counters;
      tracked.queued(waitingGens > 0 && liveGens === 0 && loadingModels === 0);
    }
    if (progress > 0 || (counters !== null && counters.liveGens > 0)) {
      tracked.progress({ progress, imagesDone, remainingMs, delayedBy });
    }
    this.#options.onUpdate(snapshot);
    this.#departure?.see(snapshot, { isSilent });
  }

  /** Finishes the generation without its connection. */
  async #recover(lost: ConnectionLostError): Promise<Recovery["certainty"]> {
    const { stop, leave, tracked } = this.#options;
    const { images, extras } = this.#heard.pictures();
    this.#options.onLost?.(lost.found);
    const recovery = await recoverGeneration({
      ...this.#options,
      trail: trailOf(this.#request, tracked.startedAt),
      known: [...images, ...extras].map(({ path }) => path),
      lost,
      why: "the connection was lost",
      accepted: this.#heard.isAccepted,
      isOver: this.#heard.isOver,
      stop: this.#connection.signal,
      giveUp: stop.aborted ? leave : AbortSignal.any([stop, leave]),
      onCounters: (counters) => {
        if (showsWork(counters)) this.#heard.accept();
        this.#heard.takeCounters(counters);
        this.#publish();
      },
      onOver: () => this.#heard.end(),
    });
    this.#heard.collected.recover(recovery.images);
    this.#mayBeMore = recovery.mayBeMore;
    this.#cause = recovery.problem;
    return recovery.certainty;
  }

  async #watchSilence(ended: AbortSignal): Promise<void> {
    const end = await watchSilence({
      ...this.#options,
      ended,
      heardMs: () => this.#heard.isSent ? this.#heard.heardMs : null,
      isAlwaysSilent: () => this.#heard.isHttp,
      onWork: (counters) => {
        this.#heard.accept();
        this.#heard.takeCounters(counters);
        this.#publish(true);
      },
    });
    if (end === null) return;
    if (end.isOver) this.#heard.end();
    this.#cause = end.cause;
    this.#connection.abort(end.cause);
  }
}
