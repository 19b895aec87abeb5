/** The interface of the web service, for the command `serve`. */
import type { EventFeed } from "../../detection/event_feed.ts";
import type { SharedLook } from "../../detection/shared_look.ts";
import type { Clock } from "../../generation/clock.ts";

/** Starts the web service. */
export interface WebService {
  /**
   * Listens.
   *
   * @throws {PermissionError} If Deno has no permission to listen there.
   * @throws {AppError} If the address cannot be listened on, or the port is in use.
   */
  start(options: WebServiceOptions): Promise<RunningWebService>;
}

/** What is served, where, and to whom. */
export interface WebServiceOptions {
  /** A name or an address of this machine. */
  readonly host: string;
  /** The port; 0: any free one. */
  readonly port: number;
  /** Host names under which clients may reach it, besides `localhost`, addresses and `host`. */
  readonly hostNames: readonly string[];
  /** The token that every request must contain; `null`: none is needed. */
  readonly accessToken: string | null;
  /** One without a name, or those of the configuration file. */
  readonly servers: readonly { readonly name: string | null; readonly look: SharedLook }[];
  readonly feed: EventFeed;
  readonly clock: Clock;
  /** Cancels one generation; `null`: nobody may. */
  readonly cancel: ((id: string, server: string | null) => Promise<CancelAnswer>) | null;
  /** This tool's version. */
  readonly version: string;
  /** Called after each request was answered. */
  readonly onRequest?: (request: ServedRequest) => void;
  /** Called with an internal error; the client is not told its details. */
  readonly onFailure: (error: unknown) => void;
}

/** What came of cancelling: HTTP's status, and the document of `cancel`. */
export interface CancelAnswer {
  readonly status: number;
  readonly document: unknown;
}

/** A request that was answered. */
export interface ServedRequest {
  readonly method: string;
  /** Without its query. The text comes from the client and is not trusted. */
  readonly path: string;
  /** HTTP status. */
  readonly status: number;
}

/** A web service that runs until it is disposed. */
export interface RunningWebService extends AsyncDisposable {
  /** `http://HOST:PORT`. */
  readonly url: string;
}
