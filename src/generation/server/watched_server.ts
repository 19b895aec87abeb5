/**
 * A server while the work of one session is being stopped. It remembers what the server said about
 * that work.
 */
import { PermissionError, ServerRefusedError } from "../../errors.ts";
import type { Counters } from "./counters.ts";
import { showsWork } from "./counters.ts";
import type { ImageServer } from "./image_server.ts";
import type { ServerSession } from "../session.ts";

/** The part of a server that stopping needs. */
export type ServerPart = Pick<ImageServer, "interrupt" | "sessionCounters">;

/** A session that the server no longer knows has no work. */
const NO_WORK: Counters = { waitingGens: 0, loadingModels: 0, waitingBackends: 0, liveGens: 0 };

/** See the top of this file. */
export class WatchedServer implements ServerPart {
  readonly #serverOf: (session: ServerSession) => Promise<ServerPart>;
  readonly #refused = new AbortController();
  #interrupted = false;
  /** The counters just before the interrupt; `null`: none were read. */
  first: Counters | null = null;
  /** The counters that were read last; `null`: none. */
  last: Counters | null = null;
  sawWork = false;
  /** How the last call failed; `null` if it was answered. */
  failure: Error | null = null;

  /** @param serverOf The server of a session: the one at `session.serverUrl` and no other. */
  constructor(serverOf: (session: ServerSession) => Promise<ServerPart>) {
    this.#serverOf = serverOf;
  }

  /** Aborted by a refusal: asking again would change nothing. */
  get refused(): AbortSignal {
    return this.#refused.signal;
  }

  /** As in `ImageServer`. */
  interrupt(session: ServerSession): Promise<void> {
    return this.#heard(async () => {
      await (await this.#serverOf(session)).interrupt(session);
      this.#interrupted = true;
    });
  }

  /** As in `ImageServer`. */
  sessionCounters(session: ServerSession): Promise<Counters | "gone"> {
    return this.#heard(async () => {
      const counters = await (await this.#serverOf(session)).sessionCounters(session);
      this.#take(counters === "gone" ? NO_WORK : counters);
      return counters;
    });
  }

  /** The counters, or `null` if there was no answer. */
  async ask(session: ServerSession): Promise<Counters | "gone" | null> {
    try {
      return await this.sessionCounters(session);
    } catch (error) {
      if (error === this.failure) return null;
      throw error;
    }
  }

  #take(counters: Counters): void {
    // The last reading before the interrupt shows the work that it stops, or work that came later.
    const isNews = !this.sawWork && showsWork(counters);
    if (!this.#interrupted || isNews) this.first = counters;
    this.last = counters;
    this.sawWork ||= isNews;
  }

  async #heard<T>(call: () => Promise<T>): Promise<T> {
    try {
      const answer = await call();
      this.failure = null;
      return answer;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.failure = error;
      const isRefusal = error instanceof ServerRefusedError || error instanceof PermissionError;
      if (isRefusal) this.#refused.abort();
      throw error;
    }
  }
}
