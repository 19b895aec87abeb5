/** Events for many who watch: each is told to all, and who comes later is told how things are. */
import type { DetectionEvent } from "./generation_events.ts";

/** What the events of one watch are handed on with. */
export class EventFeed {
  readonly #now: () => readonly DetectionEvent[];
  readonly #listeners = new Set<(event: DetectionEvent) => void>();

  /** @param now What a watch would tell first that began now. */
  constructor(now: () => readonly DetectionEvent[]) {
    this.#now = now;
  }

  /** How things are, as the first events of a watch tell it; nothing before the first look. */
  now(): readonly DetectionEvent[] {
    return this.#now();
  }

  /** Tells all who listen, in the order of the events. */
  tell(events: readonly DetectionEvent[]): void {
    for (const event of events) for (const listener of this.#listeners) listener(event);
  }

  /** Listens until it is disposed. */
  listen(listener: (event: DetectionEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
