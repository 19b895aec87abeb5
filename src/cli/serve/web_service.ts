/** The port to the web service, for the command `serve`. */
import type { EventFeed } from "../../detection/event_feed.ts";
import type { SharedLook } from "../../detection/shared_look.ts";
import type { Clock } from "../../generation/clock.ts";

/** Starts the web service. */
export interface WebService {
  /**
   * Listens.
   *
   * @throws {PermissionError} If Deno may not listen there.
   * @throws {AppError} If the address cannot be listened on, or the port is in use.
   */
  start(options: WebServiceOptions): Promise<RunningWebService>;
}

/** What is served, where, and to whom. */
export interface WebServiceOptions {
  /** A name or an address of this machine. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Names under which it is reached, besides `localhost`, addresses and `host`. */
  readonly hostNames: readonly string[];
  /** What everybody must show; `null`: nothing. */
  readonly accessToken: string | null;
  readonly look: SharedLook;
  readonly feed: EventFeed;
  readonly clock: Clock;
  /** This tool's version. */
  readonly version: string;
  /** Is told of each request as it was answered. */
  readonly onRequest?: (request: ServedRequest) => void;
  /** Is told of a failure of our own, which the client is not told the details of. */
  readonly onFailure: (error: unknown) => void;
}

/** A request that was answered. */
export interface ServedRequest {
  readonly method: string;
  /** Without its query; foreign text. */
  readonly path: string;
  /** HTTP's status. */
  readonly status: number;
}

/** A web service that runs until it is disposed. */
export interface RunningWebService extends AsyncDisposable {
  /** `http://HOST:PORT`. */
  readonly url: string;
}
