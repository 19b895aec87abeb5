/** The port for what a server shows before any question. */

/** The answer to a request that asks nothing, makes no session and changes nothing. */
export interface Probe {
  readonly status: number;
  /** Media type without parameters; `null` if there is none. */
  readonly mediaType: string | null;
  /** The server's clock, epoch milliseconds, in whole seconds; `null` if it is not known. */
  readonly serverMs: number | null;
  /** This machine's clock when the request was sent, epoch milliseconds. */
  readonly askedAtMs: number;
  /** Milliseconds until the headers of the answer arrived. */
  readonly roundTripMs: number;
}

/** The session for questions as it is kept for the next process. */
export interface KeptSession {
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** The server's name for the user. */
  readonly userId: string | null;
}

/** Looks at a server before any login. No method throws. */
export interface ServerDoor {
  /** Sends the probe; `null`: nothing answered, or Deno does not allow it. */
  probe(): Promise<Probe | null>;
  /** The kept session of this server and these credentials; `null` if there is none. */
  keptSession(): Promise<KeptSession | null>;
}
