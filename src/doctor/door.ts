/** The port to what a server shows before it is asked anything. */

/** What came back from a request that asks nothing, makes no session and changes nothing. */
export interface Probe {
  readonly status: number;
  /** Media type without parameters; `null` if there is none. */
  readonly mediaType: string | null;
  /** The server's clock, epoch milliseconds, in whole seconds; `null` if it does not tell. */
  readonly serverMs: number | null;
  /** Our clock when the request left, epoch milliseconds. */
  readonly askedAtMs: number;
  /** Milliseconds until the head of the answer was there. */
  readonly roundTripMs: number;
}

/** The session for questions as it is kept for the next process. */
export interface KeptSession {
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** The server's name of the user. */
  readonly userId: string | null;
}

/** A server's door. No method throws. */
export interface ServerDoor {
  /** Probes it; `null`: nothing answered, or Deno does not allow it. */
  probe(): Promise<Probe | null>;
  /** The kept session of this server and these credentials; `null` if there is none. */
  keptSession(): Promise<KeptSession | null>;
}
