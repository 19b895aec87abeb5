/**
 * Events for many watchers: each event is sent to all, and a new watcher is told the present state.
 */
import type { DetectionEvent } from "./generation_events.ts";

/** Passes on the events of one watch. */
export class EventFeed {
  readonly #now: () => readonly DetectionEvent[];
  readonly #listeners = new Set<(event: DetectionEvent) => void>();

  /** @param now The events that a watch would report first if it began now. */
  constructor(now: () => readonly DetectionEvent[]) {
    this.#now = now;
  }

  /** The present state, as the first events of a watch; empty before the first look. */
  now(): readonly DetectionEvent[] {
    return this.#now();
  }

  /** Sends events to all listeners, in order. */
  tell(events: readonly DetectionEvent[]): void {
    for (const event of events) for (const listener of this.#listeners) listener(event);
  }

  /** Calls the listener for each event until it is disposed of. */
  listen(listener: (event: DetectionEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
