/**
 * Events for many watchers: what a look has found is sent to all at once, and a new watcher is told the
 * present state.
 */
import type { DetectionEvent } from "./generation_events.ts";

/** An event, with the name of its server where several are watched. */
export type FeedEvent = DetectionEvent & { readonly server?: string };

/** Passes on the events of one watch, or of those of several servers. */
export class EventFeed {
  readonly #now: () => readonly FeedEvent[];
  readonly #listeners = new Set<(events: readonly FeedEvent[]) => void>();

  /** @param now The events that a watch would report first if it began now. */
  constructor(now: () => readonly FeedEvent[]) {
    this.#now = now;
  }

  /** The present state, as the first events of a watch; empty before the first look. */
  now(): readonly FeedEvent[] {
    return this.#now();
  }

  /** Sends events that were found at the same time to all listeners. */
  tell(events: readonly FeedEvent[]): void {
    if (events.length === 0) return;
    for (const listener of this.#listeners) listener(events);
  }

  /** Calls the listener with all that is told, in order, until it is disposed of. */
  listen(listener: (events: readonly FeedEvent[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
