/**
 * The messages that came over a WebSocket and have not been taken yet, as events. The socket cannot
 * be slowed down, so this is bounded: when many events are waiting, newer progress and counters
 * replace older ones. Nothing else is ever dropped. A server that sends more than fits is given up.
 */
import { ServerUnreachableError } from "../../errors.ts";
import type { GenerationEvent } from "../../generation/server/image_server.ts";
import type { HideSecrets } from "../../hide_secrets.ts";
import { toError } from "../wire/failure_error.ts";
import { FrameReader } from "../wire/frame_events.ts";
import type { Ending, SocketListener } from "./web_socket.ts";

/** The action that failed, for the texts of errors. */
export const ACTION = "Cannot follow the generation";

const MAX_EVENTS = 1000;
/** From this many waiting events on, newer progress replaces older. */
const MANY_EVENTS = 100;
/**
 * The most that waiting pictures may take, since they can be `data:` URLs. The first one may always
 * be longer.
 */
const MAX_CHARACTERS = 64 * 1024 * 1024;
/** How many messages that make no sense are ignored: a newer server may have new kinds. */
const MAX_GARBAGE = 100;

interface Slot {
  event: GenerationEvent;
}

/** The messages of one generation. */
export class FrameInbox implements SocketListener {
  readonly #frames: FrameReader;
  #slots: Slot[] = [];
  /** The last waiting slot for each run's progress, and for the counters. */
  readonly #latest = new Map<string, Slot>();
  #characters = 0;
  #garbage = 0;
  #doubt: string | null = null;
  #isAccepted = false;
  #end: Ending | { readonly kind: "failed"; readonly error: unknown } | null = null;
  #wake = Promise.withResolvers<void>();

  /**
   * @param secret The session id, so that no text of the server can bring it into an error.
   * @param options.hide Removes the credentials from the server's texts.
   * @param options.images How many images were requested.
   */
  constructor(
    secret: string,
    options: { readonly hide?: HideSecrets; readonly images?: number } = {},
  ) {
    this.#frames = new FrameReader(secret, {
      ...options,
      note: (message) => this.#push({ kind: "note", message }),
    });
  }

  /** What could not be read, if anything; it may have been the message that ended the request. */
  get doubt(): string | null {
    return this.#doubt;
  }

  /** Whether the server said that the request has ended. */
  get hasEnded(): boolean {
    return this.#frames.hasEnded;
  }

  onMessage(text: string | null): void {
    if (this.#end !== null) return;
    try {
      this.#read(text);
    } catch (error) {
      // An exception here would end the process without being reported.
      this.fail(error);
    }
  }

  onEnd(ending: Ending): void {
    this.#finish(ending);
  }

  onFlood(): void {
    this.fail(tooMuch());
  }

  /** Ends with an error, after the waiting events. */
  fail(error: unknown): void {
    this.#finish({ kind: "failed", error });
  }

  /** Ends with an error at once; the waiting events are dropped. */
  abort(error: unknown): void {
    this.#slots = [];
    this.#end = null;
    this.fail(error);
  }

  /**
   * The next event as soon as there is one; after the last one, how the connection ended.
   *
   * @throws The error that the inbox was ended with.
   */
  async next(): Promise<GenerationEvent | Ending> {
    for (;;) {
      const slot = this.#slots.shift();
      if (slot !== undefined) {
        const key = keyOf(slot.event);
        if (key !== null && this.#latest.get(key) === slot) this.#latest.delete(key);
        this.#characters -= weightOf(slot.event);
        return slot.event;
      }
      if (this.#end?.kind === "failed") throw this.#end.error;
      if (this.#end !== null) return this.#end;
      await this.#wake.promise;
    }
  }

  #read(text: string | null): void {
    if (!this.#isAccepted) this.#push({ kind: "accepted" });
    this.#isAccepted = true;
    const told = text === null
      ? { kind: "garbage", problem: "it is not text" } as const
      : this.#frames.read(text);
    switch (told.kind) {
      case "refused":
        return this.fail(toError(told.failure, "Cannot generate"));
      case "garbage":
        this.#garbage += 1;
        this.#doubt ??= `a message of the server could not be read: ${told.problem}`;
        if (this.#garbage <= MAX_GARBAGE) return;
        return this.fail(
          new ServerUnreachableError(`${ACTION}: the server's messages make no sense`),
        );
      case "event":
        if (told.event !== null) this.#push(this.#withDoubt(told.event));
        return;
      default:
        told satisfies never;
    }
  }

  #withDoubt(event: GenerationEvent): GenerationEvent {
    return event.kind === "over" && this.#doubt !== null ? { ...event, doubt: this.#doubt } : event;
  }

  #push(event: GenerationEvent): void {
    const key = keyOf(event);
    const waiting = key === null ? undefined : this.#latest.get(key);
    if (waiting !== undefined && this.#slots.length >= MANY_EVENTS) {
      waiting.event = event;
      return;
    }
    const characters = this.#characters + weightOf(event);
    if (
      this.#slots.length >= MAX_EVENTS || (this.#characters > 0 && characters > MAX_CHARACTERS)
    ) {
      return this.fail(tooMuch());
    }
    const slot = { event };
    if (key !== null) this.#latest.set(key, slot);
    this.#slots.push(slot);
    this.#characters = characters;
    this.#signal();
  }

  #finish(end: Ending | { readonly kind: "failed"; readonly error: unknown }): void {
    this.#end ??= end;
    this.#signal();
  }

  #signal(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

function tooMuch(): ServerUnreachableError {
  return new ServerUnreachableError(`${ACTION}: the server sends more than can be taken in`);
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

/** The length of an event's long parts: a picture can be a `data:` URL. */
function weightOf(event: GenerationEvent): number {
  return event.kind === "image" ? event.image.path.length : 0;
}
