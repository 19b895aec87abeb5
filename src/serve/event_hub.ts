/** All clients that watch the events, over either kind of connection. */
import type { EventFeed } from "../detection/event_feed.ts";
import type { Clock } from "../generation/clock.ts";
import { EventMemory } from "./event_memory.ts";
import type { EventBatch } from "./event_memory.ts";

/** The largest number of watchers at the same time. */
const MAX_WATCHERS = 2_000;
/** How often each connection sends a sign of life, in milliseconds: proxies close silent ones. */
const ALIVE_MS = 15_000;

/** How much a watcher may leave unread, in bytes; beyond that its connection is closed. */
export const MAX_UNREAD = 1024 * 1024;

/** A client that watches the events. */
export interface Watcher {
  /** @returns False if it reads too slowly and is to be disconnected. */
  send(batch: EventBatch): boolean;
  /** Sends a sign of life. */
  stayAlive(): void;
  /** Closes the connection. `end`: `serve` ends; `slow`: the client reads too slowly. */
  close(why: "end" | "slow"): void;
}

/** Sends each event to all watchers. */
export class EventHub implements Disposable {
  readonly #feed: EventFeed;
  readonly #clock: Clock;
  readonly #memory = new EventMemory();
  readonly #watchers = new Set<Watcher>();
  readonly #listening: Disposable;
  readonly #ended = new AbortController();
  #dropped = 0;

  constructor(feed: EventFeed, clock: Clock) {
    this.#feed = feed;
    this.#clock = clock;
    this.#listening = feed.listen((events) => this.#send(this.#memory.add(events, clock.now())));
    void this.#stayAlive();
  }

  /** The number of watchers. */
  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** How many watchers were disconnected because they read too slowly. */
  get droppedCount(): number {
    return this.#dropped;
  }

  /** Whether another watcher is accepted. */
  get hasRoom(): boolean {
    return this.#watchers.size < MAX_WATCHERS && !this.#ended.signal.aborted;
  }

  /**
   * Adds a watcher. It gets what it missed since an event, or else the present state, and then all
   * new events.
   */
  join(watcher: Watcher, lastId: string | null): void {
    const nowMs = this.#clock.now();
    this.#watchers.add(watcher);
    watcher.send(this.#memory.since(lastId, { now: this.#feed.now(), nowMs }));
  }

  /** Removes a watcher that disconnected. */
  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#listening[Symbol.dispose]();
    for (const watcher of this.#watchers) watcher.close("end");
    this.#watchers.clear();
  }

  #send(batch: EventBatch): void {
    for (const watcher of this.#watchers) {
      if (watcher.send(batch)) continue;
      this.#watchers.delete(watcher);
      this.#dropped++;
      watcher.close("slow");
    }
  }

  async #stayAlive(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#clock.sleep(ALIVE_MS, signal);
      if (!signal.aborted) { for (const watcher of this.#watchers) watcher.stayAlive(); }
    }
  }
}
