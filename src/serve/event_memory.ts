/**
 * The latest events, each with an ID, so that a client that lost the connection can continue after
 * the last event that it got. IDs of another run of `serve` are not accepted.
 */
import type { FeedEvent } from "../detection/event_feed.ts";
import { jsonText } from "../render/escape.ts";
import { eventDocument, missedDocument } from "../render/event_document.ts";

/** The largest number of events kept. */
const MAX_EVENTS = 1_000;
/** The largest total size of the events kept, in characters. */
const MAX_CHARACTERS = 512 * 1024;

/** An event as it is sent. */
export interface EventMessage {
  /** `null`: a client cannot continue from here, because more messages belong to it. */
  readonly id: string | null;
  /** Its JSON document, on one line. */
  readonly text: string;
}

/** Messages that are sent together: with a thousand watchers, each write is what costs. */
export class EventBatch {
  static readonly #encoder = new TextEncoder();
  readonly messages: readonly EventMessage[];
  #streamed: Uint8Array<ArrayBuffer> | undefined;

  constructor(messages: readonly EventMessage[]) {
    this.messages = messages;
  }

  /** As server-sent events; made once for all watchers. */
  get streamed(): Uint8Array<ArrayBuffer> {
    return this.#streamed ??= EventBatch.#encoder.encode(
      this.messages.map(({ id, text }) => `${id === null ? "" : `id: ${id}\n`}data: ${text}\n\n`)
        .join(""),
    );
  }
}

/** Numbers events and keeps the newest of them. */
export class EventMemory {
  readonly #run = crypto.randomUUID().slice(0, 8);
  #kept: EventMessage[] = [];
  #characters = 0;
  /** The number of the newest event. */
  #last = 0;

  /** Takes events that were seen at the same time. @param nowMs When, in epoch milliseconds. */
  add(events: readonly FeedEvent[], nowMs: number): EventBatch {
    return new EventBatch(events.map((event) => this.#keep(event, nowMs)));
  }

  /**
   * What a client gets first: the events that it missed, or else the present state. If some of the
   * missed events are no longer kept, it is told so, and then the present state.
   *
   * @param lastId The last event that the client got; `null`: none.
   * @param now The present state, see `EventFeed.now()`.
   */
  since(lastId: string | null, { now, nowMs }: {
    readonly now: readonly FeedEvent[];
    readonly nowMs: number;
  }): EventBatch {
    const missed = lastId === null ? null : this.#after(lastId);
    if (missed !== null) return new EventBatch(missed);
    const gap = lastId === null ? [] : [{ id: null, text: jsonText(missedDocument(nowMs)) }];
    const state = now.map((event, at): EventMessage => {
      // A client that loses the connection in the middle of the list must get the whole list again.
      const id = at === now.length - 1 ? this.#idOf(this.#last) : null;
      const document = documentOf(event, nowMs);
      return { id, text: jsonText(id === null ? document : { ...document, id }) };
    });
    return new EventBatch([...gap, ...state]);
  }

  #keep(event: FeedEvent, nowMs: number): EventMessage {
    this.#last++;
    const id = this.#idOf(this.#last);
    const message = { id, text: jsonText({ ...documentOf(event, nowMs), id }) };
    this.#kept.push(message);
    this.#characters += message.text.length;
    while (this.#kept.length > MAX_EVENTS || this.#characters > MAX_CHARACTERS) {
      const oldest = this.#kept.shift();
      if (oldest === undefined) break;
      this.#characters -= oldest.text.length;
    }
    return message;
  }

  /** `null`: some of them are no longer kept. */
  #after(lastId: string): readonly EventMessage[] | null {
    const [, run, digits] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(lastId) ?? [];
    if (run !== this.#run) return null;
    const count = this.#last - Number(digits);
    if (count < 0 || count > this.#kept.length) return null;
    return count === 0 ? [] : this.#kept.slice(-count);
  }

  #idOf(number: number): string {
    return `${this.#run}-${number}`;
  }
}

function documentOf(event: FeedEvent, nowMs: number): Readonly<Record<string, unknown>> {
  return eventDocument(event, nowMs, event.server ?? null);
}
