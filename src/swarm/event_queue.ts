/**
 * Events between a socket that must be read and a consumer that may be slow. Bounded: newer progress
 * and counters take the place of older ones that were not read yet, and for all else the filler
 * waits for room. Nothing else is ever dropped.
 */
import type { GenerationEvent } from "../generation/image_server.ts";

const MAX_EVENTS = 1000;
const MAX_CHARACTERS = 64 * 1024 * 1024;

interface Slot {
  event: GenerationEvent;
}

/** A queue with one filler and one consumer. */
export class EventQueue {
  #slots: Slot[] = [];
  /** The unread slot of each run's progress and of the counters. */
  readonly #latest = new Map<string, Slot>();
  #characters = 0;
  #end: { readonly error: unknown } | "over" | null = null;
  #wake = Promise.withResolvers<void>();

  /** Adds an event; after the end it is dropped. */
  push(event: GenerationEvent): void {
    if (this.#end !== null) return;
    const key = keyOf(event);
    const unread = key === null ? undefined : this.#latest.get(key);
    if (unread !== undefined) {
      unread.event = event;
      return;
    }
    const slot = { event };
    if (key !== null) this.#latest.set(key, slot);
    this.#slots.push(slot);
    this.#characters += weightOf(event);
    this.#signal();
  }

  /** No event will follow. */
  close(): void {
    this.#end ??= "over";
    this.#signal();
  }

  /** Ends with an error, after the events that wait. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#signal();
  }

  /** Ends with an error at once; the events that wait are dropped. */
  abort(error: unknown): void {
    this.#slots = [];
    this.#end = { error };
    this.#signal();
  }

  /**
   * The next event, as soon as there is one; `null` after the last.
   *
   * @throws What the queue was ended with.
   */
  async next(): Promise<GenerationEvent | null> {
    for (;;) {
      const slot = this.#slots.shift();
      if (slot !== undefined) {
        const key = keyOf(slot.event);
        if (key !== null) this.#latest.delete(key);
        this.#characters -= weightOf(slot.event);
        this.#signal();
        return slot.event;
      }
      if (this.#end === "over") return null;
      if (this.#end !== null) throw this.#end.error;
      await this.#wake.promise;
    }
  }

  /** Waits until there is room for another event, or the queue has ended. */
  async room(): Promise<void> {
    while (
      this.#end === null &&
      (this.#slots.length >= MAX_EVENTS || this.#characters >= MAX_CHARACTERS)
    ) {
      await this.#wake.promise;
    }
  }

  #signal(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

function keyOf(event: GenerationEvent): string | null {
  switch (event.kind) {
    case "progress":
      return `progress ${event.index}`;
    case "status":
      return "status";
    default:
      return null;
  }
}

/** Characters of what may be long: a picture can be a `data:` URL. */
function weightOf(event: GenerationEvent): number {
  return event.kind === "image" ? event.image.path.length : 0;
}
