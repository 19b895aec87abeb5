/** Listens, checks each request, and answers it. */
import type { EventFeed } from "../detection/event_feed.ts";
import type { Clock } from "../generation/clock.ts";
import { limitTime } from "../generation/until_aborted.ts";
import { startListening } from "../system/listening.ts";
import { AccessToken } from "./access_token.ts";
import { refuse } from "./answers.ts";
import { EventHub } from "./event_hub.ts";
import { findIntrusion, isAdmitted, showsToken } from "./guard.ts";
import type { GuardRules } from "./guard.ts";
import { RateLimit } from "./rate_limit.ts";
import { makeRoutes } from "./routes.ts";
import type { RouteSources } from "./routes.ts";
import { Tally } from "./tally.ts";

/** The largest number of requests answered at the same time. */
const MAX_AT_ONCE = 512;
/**
 * The limit for each address. A page makes a few requests at its start; a thousand watchers may
 * connect at once.
 */
const REQUESTS = { burst: 2_000, perSecond: 200 };
/** The limit of wrong tokens for each address. */
const WRONG_TOKENS = { burst: 10, perSecond: 1 / 6 };
/** How long running requests may take when `serve` ends, in milliseconds. */
const LAST_MS = 500;

/** What is served, where, and to whom. */
export interface WebServiceParts extends Omit<RouteSources, "hub" | "tally"> {
  readonly feed: EventFeed;
  readonly host: string;
  readonly port: number;
  readonly hostNames: readonly string[];
  readonly accessToken: string | null;
  readonly clock: Clock;
  readonly onRequest?: (
    request: { readonly method: string; readonly path: string; readonly status: number },
  ) => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Starts the web service.
 *
 * Needs `--allow-net` for the host and the port.
 *
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {AppError} If the address cannot be listened on, or the port is in use.
 */
export async function startWebService(
  parts: WebServiceParts,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const { host, port, clock } = parts;
  const hub = new EventHub(parts.feed, clock);
  const tally = new Tally(parts.feed);
  const answer = makeAnswerer(parts, makeRoutes({ ...parts, hub, tally }));
  const aborted = new AbortController();
  const server = await startListening({ hostname: host, port }, () =>
    Promise.resolve(
      Deno.serve(
        { hostname: host, port, signal: aborted.signal, onListen: () => {} },
        (request, { remoteAddr }) => answer(request, remoteAddr.hostname),
      ),
    ));
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${server.addr.port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      hub[Symbol.dispose]();
      tally[Symbol.dispose]();
      using late = limitTime(LAST_MS, { clock });
      late.signal.addEventListener("abort", () => aborted.abort());
      await server.shutdown();
    },
  };
}

/** Makes the function that answers a request from an address. */
function makeAnswerer(
  parts: WebServiceParts,
  routes: ReturnType<typeof makeRoutes>,
): (request: Request, address: string) => Promise<Response> {
  const { accessToken, hostNames, host, clock, onRequest, onFailure } = parts;
  const token = accessToken === null ? null : new AccessToken(accessToken);
  const rules: GuardRules = { hostNames: [host, ...hostNames], token };
  const [requests, wrongTokens] = [
    new RateLimit(clock, REQUESTS),
    new RateLimit(clock, WRONG_TOKENS),
  ];
  let atOnce = 0;

  async function answer(request: Request, path: string, address: string): Promise<Response> {
    if (!requests.take(address)) {
      return refuse(429, "Cannot answer: too many requests", { "Retry-After": "1" });
    }
    const intrusion = findIntrusion(request, rules);
    if (intrusion !== null) return refuse(intrusion.status, intrusion.message);
    if (!OPEN_PATHS.has(path)) {
      const refusal = await findTokenProblem(request, { rules, wrongTokens, address });
      if (refusal !== null) return refusal;
    }
    return await routes.fetch(request);
  }

  return async (request, address) => {
    if (atOnce >= MAX_AT_ONCE) {
      return refuse(503, "Cannot answer: too many requests at once", { "Retry-After": "1" });
    }
    atOnce++;
    const path = URL.parse(request.url)?.pathname ?? "";
    try {
      const response = await answer(request, path, address);
      onRequest?.({ method: request.method, path, status: response.status });
      return response;
    } catch (error) {
      onFailure(error);
      onRequest?.({ method: request.method, path, status: 500 });
      return refuse(500, "Cannot answer: internal error (serve has told it on its own terminal)");
    } finally {
      atOnce--;
    }
  };
}

/** Paths that need no token: they say only that the service runs. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz"]);

async function findTokenProblem(request: Request, { rules, wrongTokens, address }: {
  readonly rules: GuardRules;
  readonly wrongTokens: RateLimit;
  readonly address: string;
}): Promise<Response | null> {
  if (rules.token === null) return null;
  // Somebody who guesses tokens must not learn that the last guess was right.
  if (showsToken(request) && !wrongTokens.has(address)) {
    return refuse(429, "Cannot answer: too many wrong tokens", { "Retry-After": "60" });
  }
  if (await isAdmitted(request, rules)) return null;
  if (showsToken(request)) wrongTokens.take(address);
  return refuse(
    401,
    showsToken(request)
      ? "Cannot answer: the token is not the right one"
      : "Cannot answer: a token is needed (send the header Authorization: Bearer TOKEN)",
    { "WWW-Authenticate": 'Bearer realm="asset-generator"' },
  );
}
