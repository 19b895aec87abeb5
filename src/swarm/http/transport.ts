/**
 * HTTP to one SwarmUI server: one request, and one bounded answer or the reason why there is none.
 *
 * No redirect is followed, so credentials never reach another address. The deadline covers
 * connecting and the whole body. At most `maxAnswerBytes` are read. It does not retry, except as
 * `HttpClients.to()` describes, and once if `Retry-After` asks for it.
 */
import type { Clock } from "../../generation/clock.ts";
import { netHost, normaliseBaseUrl } from "../../generation/server/server_url.ts";
import { hiderOf, type HideSecrets, secretsOfValue } from "../../hide_secrets.ts";
import { type CallFailure, failure } from "../wire/failure.ts";
import type { Reply } from "../wire/plain_reply.ts";
import { credentialHeaders } from "./credentials.ts";
import { type HttpClients, isAskedDirectly } from "./http_client.ts";
import { readRetryAfter, readText, timeUp } from "./limits.ts";
import type { SwarmOptions } from "./swarm_options.ts";

/**
 * On the same machine nothing is gained by compression. Without it SwarmUI tells the length of its
 * answers (`swarmui-protocol.md §2.1`), and a body of known length costs less to read.
 */
const UNCOMPRESSED = { "accept-encoding": "identity" };

/** How a request is sent. */
interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the server must never get the request twice. @default {false} */
  readonly isOnce?: boolean;
  /** Ends the request at once; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** For a request whose whole answer is wanted. */
export interface SendOptions extends RequestOptions {
  /** How long the whole answer may take, in milliseconds; `null`: no limit. */
  readonly timeoutMs: number | null;
  /** The most bytes of the answer that are read. @default {`SwarmOptions.maxAnswerBytes`} */
  readonly maxBytes?: number;
  /** Is told the headers of each answer; what is in them is foreign. */
  readonly onHeaders?: (headers: Headers) => void;
}

/** For a request whose caller reads the answer. */
export interface OpenOptions extends RequestOptions {
  /** Aborted when the answer is too late; `null`: it may take any time. */
  readonly expires: AbortSignal | null;
}

/** Sends requests to one server, with one user's credentials. */
export class Transport {
  /** Normalised base URL. */
  readonly url: string;
  /**
   * The headers of every request, including the WebSocket handshake. They are credentials, so
   * secret.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether a token is among them. */
  readonly hasToken: boolean;
  /** The command that logs in to this server, for advice. */
  readonly loginCommand: () => Promise<string>;
  /** Removes the credentials from the server's texts. */
  readonly hide: HideSecrets;
  /** Whether Deno's proxies are left out. */
  readonly #isDirect: boolean;
  readonly #missingPermission: () => string | null;
  readonly #http: HttpClients;
  readonly #maxAnswerBytes: number;
  readonly #clock: Clock;
  #hasAnswered = false;

  /** @throws {UsageError} If the address or the credentials cannot be used. */
  constructor(options: SwarmOptions) {
    this.url = normaliseBaseUrl(options.baseUrl);
    this.headers = { "user-agent": "asset-generator", ...credentialHeaders(options) };
    this.hasToken = options.token !== null;
    this.loginCommand = options.loginCommand ?? (() => Promise.resolve("asset-generator login"));
    this.hide = (text) => {
      const { authorization, token, headers = [] } = options;
      const hide = hiderOf([
        ...secretsOfValue(authorization ?? ""),
        token ?? "",
        ...headers.flatMap(({ value }) => secretsOfValue(value)),
      ]);
      return hide === null ? text : hide(text);
    };
    this.#isDirect = isAskedDirectly(this.url);
    const host = netHost(this.url);
    this.#missingPermission = () => options.netPermission(host);
    this.#http = options.http;
    this.#clock = options.clock;
    this.#maxAnswerBytes = options.maxAnswerBytes ?? 64 * 1024 * 1024;
  }

  /** The failure if Deno may not connect, else `null`. Never prompts. */
  forbidden(): CallFailure | null {
    const needs = this.#missingPermission();
    return needs === null
      ? null
      : failure("permission", "Deno does not allow connecting to the server", { needs });
  }

  /**
   * Posts a JSON body to a path below the base URL; with `null`, gets the path. A string body is
   * sent with its length, which the server requires (`swarmui-protocol.md §2.2`). After an answer
   * with `Retry-After` (429, 503) it waits and asks once more, if there is time.
   *
   * @throws The reason of `options.signal`, and nothing else.
   */
  async send(
    request: { readonly path: string; readonly body: string | null },
    options: SendOptions,
  ): Promise<Reply | CallFailure> {
    const startedMs = this.#clock.monotonicMs();
    const reply = await this.#sendOnce(request, options);
    const pauseMs = "ok" in reply ? null : reply.retryAfterMs ?? null;
    if (pauseMs === null || options.timeoutMs === null || options.isOnce) return reply;
    const leftMs = options.timeoutMs - (this.#clock.monotonicMs() - startedMs) - pauseMs;
    if (leftMs <= 0) return reply;
    await this.#clock.sleep(pauseMs, options.signal);
    options.signal?.throwIfAborted();
    return await this.#sendOnce(request, { ...options, timeoutMs: leftMs });
  }

  async #sendOnce(
    request: { readonly path: string; readonly body: string | null },
    options: SendOptions,
  ): Promise<Reply | CallFailure> {
    const { timeoutMs, maxBytes = this.#maxAnswerBytes } = options;
    const expires = timeUp(timeoutMs);
    return await this.open(request, { ...options, expires }, async (response) => {
      const text = await readText(response, maxBytes);
      if (text === null) {
        return failure("protocol", `the answer is longer than ${maxBytes / (1024 * 1024)} MiB`);
      }
      const { status, headers } = response;
      options.onHeaders?.(headers);
      const age = Number(headers.get("age"));
      if (age > 0) {
        return failure(
          "protocol",
          `a cache before the server answered with what it was told ${age} s ago (let it keep nothing)`,
        );
      }
      const location = status >= 300 && status < 400 ? headers.get("location") : null;
      const url = this.#address(request.path);
      return {
        url,
        status,
        mediaType: mediaTypeOf(headers),
        location: location === null ? null : URL.parse(location, url),
        ...(status === 429 || status === 503 ? { retryAfterMs: this.retryAfterMs(headers) } : {}),
        text,
      };
    });
  }

  /** The time of `Retry-After`, in milliseconds from now; `null`: none is given. */
  retryAfterMs(headers: Headers): number | null {
    return readRetryAfter(headers, this.#clock.now());
  }

  /**
   * The same, but `read` gets the response itself. It must cancel or pass on any part of the body
   * that it does not read.
   *
   * @throws The reason of `options.signal`, and nothing else.
   */
  async open<T>(
    { path, body }: { readonly path: string; readonly body: string | null },
    options: OpenOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<T | CallFailure> {
    const forbidden = this.forbidden();
    if (forbidden !== null) return forbidden;
    const { expires, signal } = options;
    signal?.throwIfAborted();
    const url = this.#address(path);
    let hasHead = false;
    try {
      const ask = (more: Readonly<Record<string, string>>): Promise<Response> =>
        fetch(url, {
          ...this.#http.to(this.url, options.isOnce),
          method: body === null ? "GET" : "POST",
          headers: {
            ...this.headers,
            ...more,
            ...options.headers,
            ...(body === null ? {} : { "content-type": "application/json" }),
          },
          body,
          redirect: "manual",
          signal: eitherOf(expires, signal ?? null),
        });
      const isPlain = this.#isDirect && options.isOnce !== true;
      let response = await ask(isPlain ? UNCOMPRESSED : {});
      if (isPlain && response.headers.has("content-encoding")) {
        // It compresses all the same. Deno decompresses only if it has offered that itself.
        await response.body?.cancel();
        response = await ask({});
      }
      hasHead = this.#hasAnswered = true;
      return await read(response);
    } catch (error) {
      signal?.throwIfAborted();
      const failed = expires?.aborted
        ? failure("timeout", "no complete answer in time")
        : (await import("./network_problem.ts")).networkProblem(error);
      return hasHead ? failed : await this.#advised(failed);
    }
  }

  /** Adds advice to a failure before any answer: the address or a proxy may be the cause. */
  async #advised(failed: CallFailure): Promise<CallFailure> {
    const [{ adviseConnection }, { proxyFor }] = await Promise.all([
      import("./connection_advice.ts"),
      import("../../system/proxy.ts"),
    ]);
    const { url: serverUrl } = this;
    // A server on this machine is asked without a proxy, see `HttpClients`.
    const proxy = this.#isDirect ? null : proxyFor(serverUrl);
    return adviseConnection(failed, { serverUrl, proxy, hasAnswered: this.#hasAnswered });
  }

  #address(path: string): string {
    return `${this.url}/${path}`;
  }
}

function eitherOf(one: AbortSignal | null, other: AbortSignal | null): AbortSignal | null {
  return one === null || other === null ? one ?? other : AbortSignal.any([one, other]);
}

/** The media type without parameters, lower case; `null` if there is none. */
export function mediaTypeOf(headers: Headers): string | null {
  const type = headers.get("content-type");
  return type === null ? null : (type.split(";", 1)[0] ?? "").trim().toLowerCase();
}
