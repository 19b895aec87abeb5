/**
 * Events for many watchers: each event is sent to all, and a new watcher is told the present state.
 */
import type { DetectionEvent } from "./generation_events.ts";

/** An event, with the name of its server where several are watched. */
export type FeedEvent = DetectionEvent & { readonly server?: string };

/** Passes on the events of one watch, or of those of several servers. */
export class EventFeed {
  readonly #now: () => readonly FeedEvent[];
  readonly #listeners = new Set<(event: FeedEvent) => void>();

  /** @param now The events that a watch would report first if it began now. */
  constructor(now: () => readonly FeedEvent[]) {
    this.#now = now;
  }

  /** The present state, as the first events of a watch; empty before the first look. */
  now(): readonly FeedEvent[] {
    return this.#now();
  }

  /** Sends events to all listeners, in order. */
  tell(events: readonly FeedEvent[]): void {
    for (const event of events) for (const listener of this.#listeners) listener(event);
  }

  /** Calls the listener for each event until it is disposed of. */
  listen(listener: (event: FeedEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
