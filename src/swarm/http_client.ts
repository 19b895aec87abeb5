/** How requests get to a server: the seam between what is asked and how it travels. */

/** One request. */
export interface HttpRequest {
  readonly url: string;
  /** Names and values that are safe in a head. */
  readonly headers: Readonly<Record<string, string>>;
  /** Posted; `null`: the path is got. */
  readonly body: string | null;
}

/** A whole answer. */
export interface HttpAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: { get(name: string): string | null };
  readonly body: Uint8Array;
}

/** A way to a server. It follows no redirect and retries nothing. */
export interface HttpClient {
  /**
   * Sends a request and reads the whole answer.
   *
   * @param options.maxBytes The most of a body that is read.
   * @returns `null` if the body is longer.
   * @throws What `networkProblem()` understands, or the signal's reason.
   */
  send(
    request: HttpRequest,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<HttpAnswer | null>;
  /**
   * The same for an answer whose body is read later; whoever has it must read or cancel it.
   *
   * @throws What `networkProblem()` understands, or the signal's reason; so does the body.
   */
  open(request: HttpRequest, signal: AbortSignal): Promise<Response>;
}
