/** Keeps the queues of all ComfyUI backends observed, and says when one has changed. */
import type { Clock } from "../generation/clock.ts";
import type { QueueObserver } from "./queue_observer.ts";
import type { DetectionReport } from "./report.ts";
import { isComfyBackend } from "./swarm_server.ts";

/** Backends that are observed at most; the others are only asked. */
const MAX_OBSERVED = 64;
/** When one that worked is tried again after its end, in milliseconds. */
const AGAIN_MS = 5_000;
/** When one is tried again that never worked: why is not always told. In milliseconds. */
const NEVER_WORKED_MS = 60_000;
/** When one is tried again that this user may not have, in milliseconds. */
const REFUSED_MS = 600_000;

/** See the module's page. It costs the server nothing but a connection for each backend. */
export class QueuePushes implements AsyncDisposable {
  readonly #observer: QueueObserver;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #ended = new AbortController();
  readonly #observed = new Map<number, { readonly stop: AbortController; done: Promise<void> }>();
  readonly #lengths = new Map<number, number>();
  readonly #notBeforeMs = new Map<number, number>();

  /** @param onChange Is called when a queue has another length than was known of it. */
  constructor(parts: {
    readonly observer: QueueObserver;
    readonly clock: Clock;
    readonly onChange: () => void;
  }) {
    this.#observer = parts.observer;
    this.#clock = parts.clock;
    this.#onChange = parts.onChange;
  }

  /** How many queues are observed. */
  get count(): number {
    return this.#lengths.size;
  }

  /**
   * Begins to observe what a look has found, and ends with what is gone. A backend that is off or in
   * trouble is not begun with, which SwarmUI would refuse; one that was observed before stays so.
   */
  update({ backends }: Pick<DetectionReport, "backends">): void {
    if (backends === null || this.#ended.signal.aborted) return;
    const here = new Set(backends.map(({ id }) => id));
    for (const [id, { stop }] of this.#observed) if (!here.has(id)) stop.abort();
    for (const backend of backends) {
      const { id, status, queueRemaining } = backend;
      // What a look has told is no news when the socket tells it again.
      if (queueRemaining !== null && !this.#lengths.has(id)) this.#known.set(id, queueRemaining);
      const isDue = this.#clock.monotonicMs() >= (this.#notBeforeMs.get(id) ?? -Infinity);
      if (
        isComfyBackend(backend) && status === "running" && isDue && !this.#observed.has(id) &&
        this.#observed.size < MAX_OBSERVED
      ) this.#begin(id);
    }
  }

  readonly #known = new Map<number, number>();

  #begin(id: number): void {
    const stop = new AbortController();
    const entry = { stop, done: Promise.resolve() };
    this.#observed.set(id, entry);
    entry.done = this.#observe(id, AbortSignal.any([stop.signal, this.#ended.signal]));
  }

  async #observe(id: number, signal: AbortSignal): Promise<void> {
    const end = await this.#observer.observe(id, {
      signal,
      onLength: (remaining) => {
        const before = this.#lengths.get(id) ?? this.#known.get(id);
        this.#lengths.set(id, remaining);
        if (before !== remaining && !signal.aborted) this.#onChange();
      },
    });
    const wasObserved = this.#lengths.delete(id);
    this.#known.delete(id);
    this.#observed.delete(id);
    const pauseMs = end === "refused" ? REFUSED_MS : wasObserved ? AGAIN_MS : NEVER_WORKED_MS;
    this.#notBeforeMs.set(id, this.#clock.monotonicMs() + pauseMs);
    // It may have died with all its work.
    if (wasObserved && !signal.aborted) this.#onChange();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.all([...this.#observed.values()].map(({ done }) => done));
  }
}
