/** All who watch the events, over whichever connection. */
import type { EventFeed } from "../detection/event_feed.ts";
import type { Clock } from "../generation/clock.ts";
import { EventMemory } from "./event_memory.ts";
import type { EventMessage } from "./event_memory.ts";

/** Watchers at the same time. */
const MAX_WATCHERS = 2_000;
/** How often each connection shows that it lives, in milliseconds: proxies cut silent ones. */
const ALIVE_MS = 15_000;

/** What a watcher may leave unread, in bytes; who leaves more is dropped. */
export const MAX_UNREAD = 1024 * 1024;

/** Somebody who watches. */
export interface Watcher {
  /** @returns False if it reads too slowly and is to be dropped. */
  send(messages: readonly EventMessage[]): boolean;
  /** Shows that the connection lives. */
  stayAlive(): void;
  /** Ends the connection. `end`: serve ends; `slow`: it is dropped. */
  close(why: "end" | "slow"): void;
}

/** Gives each event to all watchers. */
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
    this.#listening = feed.listen((event) => this.#send([this.#memory.add(event, clock.now())]));
    void this.#stayAlive();
  }

  /** How many watch. */
  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** How many were dropped because they read too slowly. */
  get droppedCount(): number {
    return this.#dropped;
  }

  /** Whether one more may watch. */
  get hasRoom(): boolean {
    return this.#watchers.size < MAX_WATCHERS && !this.#ended.signal.aborted;
  }

  /** Sends what a watcher missed since an event, or how things are, and all that happens then. */
  join(watcher: Watcher, lastId: string | null): void {
    const nowMs = this.#clock.now();
    this.#watchers.add(watcher);
    watcher.send(this.#memory.since(lastId, { now: this.#feed.now(), nowMs }));
  }

  /** Forgets a watcher that has gone. */
  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  /** Ends all connections. */
  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#listening[Symbol.dispose]();
    for (const watcher of this.#watchers) watcher.close("end");
    this.#watchers.clear();
  }

  #send(messages: readonly EventMessage[]): void {
    for (const watcher of this.#watchers) {
      if (watcher.send(messages)) continue;
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
