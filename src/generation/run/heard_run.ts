/**
 * What is known of a generation by what its server has said so far, over its connection or when it
 * was asked. Pure except for its own memory.
 */
import { ServerRefusedError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { CollectedImages } from "./collected_images.ts";
import type { Counters } from "../server/counters.ts";
import { showsWork } from "../server/counters.ts";
import type { EndedState, GenerationResult } from "./generation_result.ts";
import type { GenerationEvent, ImageRequest } from "../server/image_server.ts";
import { RunProgress, type RunSnapshot } from "./run_progress.ts";

/** The pictures of a generation. */
export type RunPictures = Pick<GenerationResult, "images" | "extras">;

/** Who is told of what. */
export interface HeardRunOptions {
  readonly clock: Pick<Clock, "monotonicMs">;
  /** Called with the reason why the WebSocket could not be opened. */
  readonly onNoSocket?: (found: string) => void;
  /** Called once the server has the request, and when it tells of pictures. */
  readonly onNews?: (pictures: () => RunPictures) => void;
}

/** Collects what is heard of one generation. */
export class HeardRun {
  readonly collected: CollectedImages;
  readonly #options: HeardRunOptions;
  readonly #progress: RunProgress;
  /** Aborted when the server's work is known to be over. */
  readonly #over = new AbortController();
  #sent = false;
  #http = false;
  #accepted = false;
  /** Whether anything came that a request which was refused at once does not bring. */
  #hasWorked = false;
  #heardMs: number;

  constructor(request: ImageRequest, options: HeardRunOptions) {
    this.#options = options;
    this.collected = new CollectedImages(request.images);
    this.#progress = new RunProgress(request.images, request.batchSize);
    this.#heardMs = options.clock.monotonicMs();
  }

  /** Whether the first byte of the request has left. */
  get isSent(): boolean {
    return this.#sent;
  }

  /** Whether it is sent over plain HTTP, which tells nothing before the end. */
  get isHttp(): boolean {
    return this.#http;
  }

  /** Whether the server was seen to have the request. */
  get isAccepted(): boolean {
    return this.#accepted;
  }

  /** Whether the server's work is known to be over. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Aborted when the server's work is known to be over. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** When something last came over the connection, on the monotonic clock. */
  get heardMs(): number {
    return this.#heardMs;
  }

  snapshot(): RunSnapshot {
    return this.#progress.snapshot(this.#options.clock.monotonicMs());
  }

  pictures(): RunPictures {
    return { images: this.collected.arrived(), extras: this.collected.extras() };
  }

  /** Takes in what came over the connection. */
  take(event: GenerationEvent): void {
    const nowMs = this.#heardMs = this.#options.clock.monotonicMs();
    this.#hasWorked ||= showsProgress(event);
    switch (event.kind) {
      case "sent":
        this.#sent = true;
        this.#progress.begin(nowMs);
        this.#http = event.transport === "http";
        if (event.noSocket !== undefined) this.#options.onNoSocket?.(event.noSocket);
        break;
      case "accepted":
        this.accept();
        break;
      case "status":
        // Its images are told as well: a run that is over may have made none.
        this.#progress.takeStatus(event.counters, nowMs);
        break;
      case "progress":
        this.#progress.takeProgress(event, nowMs);
        break;
      case "image":
        this.#progress.takeImage(this.collected.add(event.image), nowMs);
        this.#tell();
        break;
      case "discard":
        this.collected.discard(event.indices);
        this.#tell();
        break;
      case "error":
        this.collected.addError(event.message);
        break;
      case "unreadable":
        this.collected.addDoubt(event.message);
        break;
      case "note":
        this.collected.addNote(event.message);
        break;
      case "over":
        if (event.doubt !== undefined) this.collected.addDoubt(event.doubt);
        this.end();
        break;
      default:
        event satisfies never;
    }
  }

  /** Takes in counters that the server gave when it was asked. */
  takeCounters(counters: Counters): void {
    this.#progress.takeCounters(counters, this.#options.clock.monotonicMs());
  }

  /** The server was seen to have the request. */
  accept(): void {
    if (this.#accepted) return;
    this.#accepted = true;
    this.#tell();
  }

  /** The server's work is known to be over. */
  end(): void {
    this.#over.abort();
  }

  /**
   * Whether the server certainly queued nothing. A login or right that is missing is seen before
   * anything is queued. Another error may over HTTP be that of a run which failed at its end.
   */
  isRefusal(cause: Error | null): boolean {
    if (this.#hasWorked) return false;
    if (cause instanceof ServerRefusedError) return true;
    return this.isOver && !this.#http && this.collected.errors.length > 0;
  }

  /** How it ended. */
  state({ cause, stop }: { readonly cause: Error | null; readonly stop: AbortSignal }): EndedState {
    const harvest = this.collected.judge();
    if (harvest === "complete") return "complete";
    if (stop.aborted) return stop.reason === "timed_out" ? "timed_out" : "interrupted";
    return cause !== null || !this.isOver ? "failed" : harvest;
  }

  #tell(): void {
    this.#options.onNews?.(() => this.pictures());
  }
}

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
