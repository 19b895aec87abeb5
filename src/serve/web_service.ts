/** Listens, checks each request, and answers it. */
import type { EventFeed } from "../detection/event_feed.ts";
import type { Clock } from "../generation/clock.ts";
import { limitTime, untilAborted } from "../generation/until_aborted.ts";
import { refuse } from "./answers.ts";
import { Door } from "./door.ts";
import { EventHub } from "./event_hub.ts";
import { findIntrusion } from "./guard.ts";
import { RateLimit } from "./rate_limit.ts";
import { startLasting } from "./lasting_server.ts";
import { makeRoutes, OPEN_PATHS } from "./routes.ts";
import type { RouteSources } from "./routes.ts";
import { Tally } from "./tally.ts";

/** The largest number of requests answered at the same time. */
const MAX_AT_ONCE = 512;
/**
 * The limit for each address. A page makes a few requests at its start; a thousand watchers may
 * connect at once.
 */
const REQUESTS = { burst: 2_000, perSecond: 200 };
/** How long running requests may take when `serve` ends, in milliseconds. */
const LAST_MS = 500;

/** What is served, where, and to whom. */
export interface WebServiceParts extends Omit<RouteSources, "door" | "hub" | "tally"> {
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
  const { host, port, clock, onFailure } = parts;
  const hub = new EventHub(parts.feed, clock);
  const tally = new Tally(parts.feed, clock);
  const door = new Door(parts.accessToken, clock);
  const routes = makeRoutes({ ...parts, hub, tally, door });
  const answer = makeAnswerer(parts, { door, routes });
  const server = await startLasting({ hostname: host, port }, { answer, clock, onFailure });
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      hub[Symbol.dispose]();
      tally[Symbol.dispose]();
      using late = limitTime(LAST_MS, { clock });
      // What is still unanswered ends with the process. Deno's own signal for that throws while the
      // server shuts down.
      await untilAborted(server.shutdown(), late.signal);
    },
  };
}

/** Makes the function that answers a request from an address. */
function makeAnswerer(
  parts: WebServiceParts,
  { door, routes }: { readonly door: Door; readonly routes: ReturnType<typeof makeRoutes> },
): (request: Request, address: string) => Promise<Response> {
  const { hostNames, host, clock, onRequest, onFailure } = parts;
  const names = [host, ...hostNames];
  const requests = new RateLimit(clock, REQUESTS);
  let atOnce = 0;

  async function answer(request: Request, path: string, address: string): Promise<Response> {
    if (!requests.take(address)) {
      return refuse(429, "Cannot answer: too many requests", { "Retry-After": "1" });
    }
    const intrusion = findIntrusion(request, names);
    if (intrusion !== null) return refuse(intrusion.status, intrusion.message);
    if (!OPEN_PATHS.has(path)) {
      const refusal = await door.refusal(request, address);
      if (refusal !== null) return refusal;
    }
    return await routes.fetch(request, { address });
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
