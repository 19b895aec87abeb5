/** Clients that read the events of `serve`. */
import { fetchHere } from "../support/http_clients.ts";
import { waitFor } from "../support/wait_for.ts";

/** An event as it arrived. */
export interface ReadEvent {
  /** `null`: it has none. */
  readonly id: string | null;
  readonly document: Readonly<Record<string, unknown>>;
}

/** Reads server-sent events until it is disposed. */
export class EventReader implements AsyncDisposable {
  readonly events: ReadEvent[] = [];
  /** All that was read. */
  text = "";
  readonly response: Response;
  readonly #abort: AbortController;
  readonly #ended: Promise<void>;

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    this.#ended = this.#read();
  }

  static async open(
    url: string,
    lastId?: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<EventReader> {
    const abort = new AbortController();
    const headers = { ...more, ...(lastId === undefined ? {} : { "Last-Event-ID": lastId }) };
    const response = await fetchHere(`${url}/events`, { headers, signal: abort.signal });
    return new EventReader(response, abort);
  }

  /** The ID of the newest event that has one. */
  get lastId(): string {
    return this.events.findLast(({ id }) => id !== null)?.id ?? "";
  }

  /** Each event in one or two words. */
  get told(): readonly string[] {
    return this.events.map(({ document }) => describeEvent(document));
  }

  async untilTold(count: number): Promise<void> {
    await waitFor(() => this.events.length >= count, { what: `${count} events` });
  }

  /** Waits until the server ends the stream. */
  async end(): Promise<void> {
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#ended;
  }

  async #read(): Promise<void> {
    try {
      const stream = this.response.body?.pipeThrough(new TextDecoderStream());
      for await (const chunk of stream ?? []) {
        this.text += chunk;
        const blocks = this.text.split("\n\n").slice(0, -1).filter((one) => one.includes("data:"));
        for (const block of blocks.slice(this.events.length)) {
          const data = /^data: (.*)$/m.exec(block)?.[1] ?? "null";
          this.events.push({
            id: /^id: (.*)$/m.exec(block)?.[1] ?? null,
            document: JSON.parse(data),
          });
        }
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }
}

/** An event in one or two words. */
export function describeEvent(document: Readonly<Record<string, unknown>>): string {
  const { event, verdict, generation } = document;
  if (typeof generation !== "object" || generation === null) {
    return verdict === undefined ? `${event}` : `${event} ${verdict}`;
  }
  const { session_id, progress } = Object.fromEntries(Object.entries(generation));
  return `${event} ${session_id} ${progress}`;
}
