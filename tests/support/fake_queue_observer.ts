import type { ObservationEnd, QueueObserver } from "../../src/detection/queue_observer.ts";

/** An observer of queues whose sockets a test speaks for. */
export class FakeQueueObserver implements QueueObserver {
  /** The backends, in the order in which they were begun with. */
  readonly begun: number[] = [];
  readonly #open = new Map<number, {
    readonly tell: (remaining: number) => void;
    readonly end: (how: ObservationEnd) => void;
  }>();
  /** How every observation ends at once; `null`: each one opens. */
  refusal: ObservationEnd | null = null;
  /** What each backend tells when it is begun with; `null`: nothing. */
  greeting: number | null = 0;

  /** How many sockets are open. */
  get count(): number {
    return this.#open.size;
  }

  /** Tells the length of a queue, as its socket would. */
  tell(remaining: number, id = 0): void {
    this.#open.get(id)?.tell(remaining);
  }

  /** Ends a socket. */
  end(how: ObservationEnd = "ended", id = 0): void {
    this.#open.get(id)?.end(how);
  }

  observe(
    id: number,
    { signal, onLength }: { signal: AbortSignal; onLength: (length: number) => void },
  ): Promise<ObservationEnd> {
    this.begun.push(id);
    if (this.refusal !== null) return Promise.resolve(this.refusal);
    return new Promise((resolve) => {
      const end = (how: ObservationEnd): void => {
        this.#open.delete(id);
        resolve(how);
      };
      signal.addEventListener("abort", () => end("ended"));
      this.#open.set(id, { tell: onLength, end });
      if (this.greeting !== null) onLength(this.greeting);
    });
  }
}
