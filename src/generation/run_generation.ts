/**
 * Runs one generation from its request to its end, keeps its record true, and stops it on demand.
 * It knows at any time whether the server may still be working.
 */
import { ConnectionLostError, ServerRefusedError, ServerUnreachableError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import { showsWork } from "./counters.ts";
import { CollectedImages } from "./collected_images.ts";
import type { EndedState, GenerationHarvest, GenerationResult } from "./generation_result.ts";
import { outcomeOf } from "./generation_result.ts";
import type { GenerationEvent, ImageRequest, ImageServer } from "./image_server.ts";
import type { Recovery } from "./recover_generation.ts";
import { recoverGeneration, trailOf } from "./recover_generation.ts";
import type { RunSnapshot } from "./run_progress.ts";
import { isUnderWay, RunProgress } from "./run_progress.ts";
import type { ServerSession } from "./session.ts";
import { watchSilence } from "./silence_watch.ts";
import type { StopOutcome } from "./stop_generation.ts";
import { isKnownOver, isSameRun, stopGeneration } from "./stop_generation.ts";
import type { TrackedGeneration } from "./tracker.ts";
import { firstAbort } from "./until_aborted.ts";

/** Why a generation is to be stopped. */
export type StopReason = "interrupted" | "timed_out";

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
  readonly onNews?: (pictures: () => Pick<GenerationResult, "images" | "extras">) => void;
  /** Called on every change. */
  readonly onUpdate: (snapshot: RunSnapshot) => void;
}

/**
 * How long the server may take after a stop, in milliseconds: its counters must fall, and it must
 * answer whether it is still the same run. The rest of ten seconds is needed to save and report the
 * pictures.
 */
const STOP_WITHIN_MS = 7_000;
const SAME_RUN_WITHIN_MS = 1_000;

function showsProgress(event: GenerationEvent): boolean {
  switch (event.kind) {
    case "sent":
    case "accepted":
    case "error":
    case "note":
    case "over":
      return false;
    case "status":
      return showsWork(event.counters);
    case "progress":
    case "image":
    case "discard":
    case "unreadable":
      return true;
    default:
      return event satisfies never;
  }
}

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
  readonly #progress: RunProgress;
  readonly #connection = new AbortController();
  readonly #collected: CollectedImages;
  #sent = false;
  #http = false;
  #accepted = false;
  /** Aborted when the server's work is known to be over. */
  readonly #over = new AbortController();
  /** When something last came over the connection. */
  #heardMs: number;
  #cause: Error | null = null;
  #isDetached = false;
  /** Whether anything came that a request which was refused at once does not bring. */
  #hasWorked = false;
  #mayBeMore = false;

  constructor(request: ImageRequest, options: RunOptions) {
    this.#request = request;
    this.#options = options;
    this.#progress = new RunProgress(request.images, request.batchSize);
    this.#collected = new CollectedImages(request.images);
    this.#heardMs = options.clock.monotonicMs();
  }

  async run(): Promise<GenerationResult> {
    const { stop, tracked, server, session, clock, leave } = this.#options;
    const [heard, ended] = [new AbortController(), new AbortController()];
    const stopping = this.#stopWhenAsked(ended.signal);
    const watching = this.#watchSilence(heard.signal);
    try {
      await this.#listen();
    } catch (error) {
      if (!this.#connection.signal.aborted) {
        if (!(error instanceof Error)) throw error;
        this.#cause = error;
      }
    } finally {
      heard.abort();
    }
    await watching;
    const recovered = this.#sent && this.#cause instanceof ConnectionLostError
      ? await this.#recover(this.#cause)
      : null;
    ended.abort();
    const stopped = await stopping;
    if (this.#isDetached && stopped === null) return await this.#leave();
    const over = this.#isOver || !this.#sent ||
      (stopped === null
        ? recovered !== "away" &&
          await isKnownOver(session, { server, clock, accepted: this.#accepted, giveUp: leave })
        : stopped === "stopped" || stopped === "lost");
    const state = this.#state(stop);
    const mayBeMore = this.#mayBeMore && state !== "complete";
    if (over) {
      await this.#options.onOver?.({ state, mayBeMore, ...this.#pictures() });
      await tracked.finish(outcomeOf(state));
    } else await tracked.leave();
    // If a connection broke, or the server was away, the zeros may come from another run of the
    // server.
    const isDoubtful = this.#sent &&
      (stopped === "lost" || this.#cause instanceof ServerUnreachableError);
    const isCertain = over &&
      (this.#isOver && recovered !== null
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
        (!this.#sent || this.#isRefusal),
    });
  }

  /**
   * A login or right that is missing is seen before anything is queued. Another error may over HTTP be
   * that of a run which failed at its end.
   */
  get #isRefusal(): boolean {
    if (this.#hasWorked) return false;
    if (this.#cause instanceof ServerRefusedError) return true;
    return this.#isOver && !this.#http && this.#collected.errors.length > 0;
  }

  async #leave(): Promise<GenerationResult> {
    await this.#options.tracked.leave();
    return this.#result({
      state: "detached",
      serverMayWork: true,
      isHeld: false,
      cause: null,
      mayBeMore: false,
    });
  }

  #result(
    end: Omit<GenerationResult, "images" | "extras" | "errors" | "doubts" | "notes">,
  ): GenerationResult {
    const { errors, doubts, notes } = this.#collected;
    return { ...this.#pictures(), errors, doubts, notes, ...end };
  }

  #pictures(): Pick<GenerationResult, "images" | "extras"> {
    return { images: this.#collected.arrived(), extras: this.#collected.extras() };
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  async #listen(): Promise<void> {
    const { server, session, transport } = this.#options;
    const signal = this.#connection.signal;
    signal.throwIfAborted();
    for await (
      const event of server.generate(session, this.#request, { transport, signal })
    ) {
      this.#heardMs = this.#options.clock.monotonicMs();
      this.#take(event);
      if (this.#isOver) return;
      this.#publish();
      if (this.#isDetached) return;
    }
  }

  #take(event: GenerationEvent): void {
    const nowMs = this.#heardMs;
    this.#hasWorked ||= showsProgress(event);
    switch (event.kind) {
      case "sent":
        this.#sent = true;
        this.#http = event.transport === "http";
        if (event.noSocket !== undefined) this.#options.onNoSocket?.(event.noSocket);
        break;
      case "accepted":
        this.#accept();
        break;
      case "status":
        this.#progress.takeCounters(event.counters, nowMs);
        break;
      case "progress":
        this.#progress.takeProgress(event, nowMs);
        break;
      case "image":
        this.#progress.takeImage(this.#collected.add(event.image), nowMs);
        this.#tell();
        break;
      case "discard":
        this.#collected.discard(event.indices);
        this.#tell();
        break;
      case "error":
        this.#collected.addError(event.message);
        break;
      case "unreadable":
        this.#collected.addDoubt(event.message);
        break;
      case "note":
        this.#collected.addNote(event.message);
        break;
      case "over":
        if (event.doubt !== undefined) this.#collected.addDoubt(event.doubt);
        this.#over.abort();
        break;
      default:
        event satisfies never;
    }
  }

  #accept(): void {
    if (this.#accepted) return;
    this.#accepted = true;
    this.#tell();
  }

  #tell(): void {
    this.#options.onNews?.(() => this.#pictures());
  }

  #publish(): void {
    const snapshot = this.#progress.snapshot(this.#options.clock.monotonicMs());
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
    if (this.#options.detach && isUnderWay(snapshot)) {
      this.#isDetached = true;
      // Over HTTP, and after the connection was lost, nothing else ends the waiting.
      if (this.#http || this.#cause !== null) this.#connection.abort();
    }
  }

  /** Finishes the generation without its connection. */
  async #recover(lost: ConnectionLostError): Promise<Recovery["certainty"]> {
    const { server, session, clock, stop, leave, tracked } = this.#options;
    this.#options.onLost?.(lost.found);
    const recovery = await recoverGeneration({
      server,
      session,
      clock,
      trail: trailOf(this.#request, tracked.startedAt),
      known: [...this.#collected.arrived(), ...this.#collected.extras()].map(({ path }) => path),
      lost,
      why: "the connection was lost",
      accepted: this.#accepted,
      isOver: this.#isOver,
      stop: this.#connection.signal,
      giveUp: stop.aborted ? leave : AbortSignal.any([stop, leave]),
      onCounters: (counters) => {
        if (showsWork(counters)) this.#accept();
        this.#progress.takeCounters(counters, clock.monotonicMs());
        this.#publish();
      },
      onOver: () => this.#over.abort(),
    });
    this.#collected.recover(recovery.images);
    this.#mayBeMore = recovery.mayBeMore;
    this.#cause = recovery.problem;
    return recovery.certainty;
  }

  /** @returns Whether the server stopped; `null` if nobody asked it to. */
  async #stopWhenAsked(ended: AbortSignal): Promise<StopOutcome | null> {
    const { stop, leave, server, session, clock } = this.#options;
    await firstAbort([stop, ended]);
    if (!stop.aborted || this.#isOver) return null;
    const accepted = this.#accepted;
    if (!accepted) {
      this.#connection.abort(stop.reason);
      // Whether the request was sent is known only when the connection has been released.
      await firstAbort([ended]);
      if (!this.#sent) return "stopped";
    }
    const giveUp = AbortSignal.any([leave, this.#over.signal]);
    const stopped = await stopGeneration(session, {
      server,
      clock,
      accepted,
      withinMs: STOP_WITHIN_MS,
      giveUp,
    });
    this.#connection.abort(stop.reason);
    return stopped;
  }

  async #watchSilence(ended: AbortSignal): Promise<void> {
    const { server, session, clock } = this.#options;
    const end = await watchSilence({
      server,
      session,
      clock,
      ended,
      heardMs: () => this.#sent ? this.#heardMs : null,
      isAlwaysSilent: () => this.#http,
      onWork: (counters) => {
        this.#accept();
        this.#progress.takeCounters(counters, clock.monotonicMs());
        this.#publish();
      },
    });
    if (end === null) return;
    if (end.isOver) this.#over.abort();
    this.#cause = end.cause;
    this.#connection.abort(end.cause);
  }

  #state(stop: AbortSignal): EndedState {
    const harvest = this.#collected.judge();
    if (harvest === "complete") return "complete";
    if (stop.aborted) return stop.reason === "timed_out" ? "timed_out" : "interrupted";
    return this.#cause !== null || !this.#isOver ? "failed" : harvest;
  }
}
