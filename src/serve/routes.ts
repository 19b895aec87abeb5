/** The addresses of the web service, and what each one answers. */
import { Hono } from "hono/tiny";
import type { Context, HonoRequest } from "hono";
import type { Clock } from "../generation/clock.ts";
import type { Verdict } from "../detection/verdict.ts";
import { escapeForTerminal } from "../render/escape.ts";
import { makeCanceller } from "./cancel_route.ts";
import type { CancelGeneration } from "./cancel_route.ts";
import { documentsOf, documentsOfAll } from "./documents.ts";
import type { Documents, ServedServer } from "./documents.ts";
import { answerHook } from "./hooks.ts";
import type { EventHub } from "./event_hub.ts";
import type { Door } from "./door.ts";
import { openEventSocket } from "./event_socket.ts";
import { streamEvents } from "./event_stream.ts";
import { PAGE_FILES, pageAnswer } from "./page.ts";
import { readBody } from "./read_body.ts";
import type { Tally } from "./tally.ts";
import { jsonAnswer, refuse, textAnswer } from "./answers.ts";

/** The greatest age of a look that a request can accept, in seconds. */
const MAX_AGE_SECONDS = 3_600;

/** What the answers are made of. */
export interface RouteSources {
  readonly clock: Clock;
  readonly door: Door;
  /** One without a name, or those of the configuration file. */
  readonly servers: readonly ServedServer[];
  readonly hub: EventHub;
  readonly tally: Tally;
  /** `null`: nobody may cancel. */
  readonly cancel: CancelGeneration | null;
  /** This tool's version. */
  readonly version: string;
}

/** What the router is told of a request besides itself: the address that it came from. */
interface Env {
  readonly Bindings: { readonly address: string };
}

/** Answers a request to one address. */
type Answerer = (context: Context<Env>) => Response | Promise<Response>;

/** What tells nothing of the server, or looks at the token itself. */
export const OPEN_PATHS: ReadonlySet<string> = new Set([
  "/",
  "/healthz",
  "/hooks/queue-end",
  "/hooks/queue-start",
  "/login",
  ...PAGE_FILES.keys(),
]);

/** Makes the router: each path with the one method that it accepts. */
export function makeRoutes(sources: RouteSources): Hono<Env> {
  const app = new Hono<Env>();
  const reads: Readonly<Record<string, Answerer>> = {
    ...readRoutes(sources),
    ...Object.fromEntries(PAGE_FILES),
  };
  for (const [path, answer] of Object.entries(reads)) {
    app.get(path, answer);
    app.all(path, () => refuse(405, "Cannot answer: use GET", { Allow: "GET, HEAD" }));
  }
  for (const [path, answer] of Object.entries(changeRoutes(sources))) {
    app.post(path, answer);
    app.all(path, () => refuse(405, "Cannot answer: use POST", { Allow: "POST" }));
  }
  // Hono's own handler prints the error with its stack.
  app.onError((error) => {
    throw error;
  });
  app.notFound(({ req }) =>
    refuse(404, `Cannot answer: there is nothing at ${req.path.slice(0, 200)}`)
  );
  return app;
}

function readRoutes(
  { cancel, door, servers, hub, tally, version }: RouteSources,
): Readonly<Record<string, Answerer>> {
  /** Answers from looks that are as new as the request demands. */
  function from(make: (documents: Documents) => Response): Answerer {
    return async ({ req }) => {
      const maxAgeMs = readMaxAgeMs(req.query("max_age"));
      if (maxAgeMs === null) {
        return refuse(
          400,
          `Cannot answer: max_age must be a number of seconds from 0 to ${MAX_AGE_SECONDS}`,
        );
      }
      const wanted = req.query("server");
      const chosen = wanted === undefined ? servers : servers.filter(({ name }) => name === wanted);
      if (chosen.length === 0) {
        const names = servers.map(({ name }) => name).filter((name) => name !== null);
        return refuse(
          404,
          `Cannot answer: there is no server ${JSON.stringify(wanted?.slice(0, 64))} (${
            names.length === 0 ? "leave out server, there is only one" : names.join(", ")
          })`,
        );
      }
      const seen = await Promise.all(chosen.map(async ({ name, look }) => {
        const one = await look.seen(maxAgeMs);
        return { ...one, name: name ?? "", ageMs: look.ageMs(one), ends: tally.ends(name) };
      }));
      const [first] = seen;
      const isOne = first !== undefined && seen.length === 1 &&
        (wanted !== undefined || servers[0]?.name === null);
      const answer = make(isOne ? documentsOf(first) : documentsOfAll(seen));
      const oldestMs = Math.max(...seen.map(({ ageMs }) => ageMs));
      answer.headers.set("Age", String(Math.floor(oldestMs / 1000)));
      return answer;
    };
  }

  return {
    "/status": from((documents) => jsonAnswer(documents.status())),
    "/API/ListActiveGenerations": from((documents) => jsonAnswer(documents.active())),
    "/idle": from((documents) => {
      const text = `${escapeForTerminal(documents.sentence())}\n`;
      return textAnswer(text, { status: idleStatus(documents.verdict) });
    }),
    "/events": ({ req }) =>
      hub.hasRoom ? streamEvents(hub, lastIdOf(req)) : refuse(503, FULL, { "Retry-After": "5" }),
    "/API/GenerationEventsWS": ({ req }) => {
      if (req.header("upgrade")?.toLowerCase() !== "websocket") {
        return refuse(426, "Cannot answer: this address is a WebSocket's (/events is not)", {
          Upgrade: "websocket",
        });
      }
      if (!isHandshake(req)) {
        return refuse(400, "Cannot answer: this is no proper WebSocket handshake, version 13");
      }
      return hub.hasRoom
        ? openEventSocket(hub, { request: req.raw, lastId: lastIdOf(req) })
        : refuse(503, FULL, { "Retry-After": "5" });
    },
    // Not delayed by a server that hangs; the metrics say how old the look is.
    "/metrics": () =>
      textAnswer(tally.metrics({ servers, hub, version }), {
        type: "text/plain; version=0.0.4; charset=utf-8",
      }),
    "/": async ({ req, env }) => {
      const refusal = await door.refusal(req.raw, env.address);
      return pageAnswer({ wantsToken: refusal !== null, mayCancel: cancel !== null });
    },
    "/openapi.json": async () => {
      const { openApiDocument } = await import("./openapi.ts");
      return jsonAnswer(openApiDocument(version));
    },
    "/healthz": () => textAnswer("ok\n"),
  };
}

function changeRoutes(
  { cancel, clock, door, servers }: RouteSources,
): Readonly<Record<string, Answerer>> {
  /** Answers from the body. */
  function from(
    make: (body: string, context: Context<Env>) => Response | Promise<Response>,
  ): Answerer {
    return async (context) => {
      const body = await readBody(context.req.raw, clock);
      return body === null ? refuse(413, TOO_LONG) : await make(body, context);
    };
  }

  const canceller = makeCanceller(cancel, servers);
  const hook = from((body, { env: { address } }) =>
    answerHook(body, { door, servers, clock, address })
  );
  return {
    "/login": from((body, { env }) =>
      door.logIn(new URLSearchParams(body).get("token") ?? "", env.address)
    ),
    "/hooks/queue-start": hook,
    "/hooks/queue-end": hook,
    "/API/CancelGeneration": from((body, { req }) => canceller(req.raw, body)),
  };
}

const TOO_LONG = "Cannot answer: the body is longer than 4 KiB, or did not come within 5 s";

/** HTTP status of `/idle`: success only if a job may start. */
function idleStatus(verdict: Verdict): 200 | 409 | 503 {
  switch (verdict) {
    case "idle":
      return 200;
    case "busy":
      return 409;
    case "unknown":
    case "unreachable":
      return 503;
    default:
      return verdict satisfies never;
  }
}

const FULL = "Cannot answer: too many watch the events";

/**
 * The last event that the client got. In browsers, a WebSocket handshake cannot contain the header,
 * so it may be in the query.
 */
function lastIdOf(request: HonoRequest): string | null {
  return request.header("last-event-id") ?? request.query("last_event_id") ?? null;
}

/** Whether a request for an upgrade is a handshake that RFC 6455, section 4.2.1, allows. */
function isHandshake(request: HonoRequest): boolean {
  return /\bupgrade\b/i.test(request.header("connection") ?? "") &&
    /^[A-Za-z0-9+/]{22}==$/.test(request.header("sec-websocket-key") ?? "") &&
    request.header("sec-websocket-version") === "13";
}

/** `undefined`: not given; `null`: not a valid number. */
function readMaxAgeMs(text: string | undefined): number | undefined | null {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  return seconds <= MAX_AGE_SECONDS ? seconds * 1000 : null;
}
