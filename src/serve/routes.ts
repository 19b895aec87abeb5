/** The addresses of the web service, and what each one answers. */
import { Hono } from "hono/tiny";
import type { Context, HonoRequest } from "hono";
import type { Clock } from "../generation/clock.ts";
import type { SeenReport, SharedLook } from "../detection/shared_look.ts";
import type { Verdict } from "../detection/verdict.ts";
import { activeDocument } from "../render/active_document.ts";
import { statusDocument } from "../render/status_document.ts";
import { verdictText } from "../render/verdict_text.ts";
import { escapeForTerminal } from "../render/escape.ts";
import { makeCanceller } from "./cancel_route.ts";
import type { CancelGeneration } from "./cancel_route.ts";
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
  readonly look: SharedLook;
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
  app.notFound(({ req }) =>
    refuse(404, `Cannot answer: there is nothing at ${req.path.slice(0, 200)}`)
  );
  return app;
}

function readRoutes(
  { cancel, door, look, hub, tally, version }: RouteSources,
): Readonly<Record<string, Answerer>> {
  /** Answers from a look that is as new as the request demands. */
  function from(make: (seen: SeenReport) => Response): Answerer {
    return async ({ req }) => {
      const maxAgeMs = readMaxAgeMs(req.query("max_age"));
      if (maxAgeMs === null) {
        return refuse(
          400,
          `Cannot answer: max_age must be a number of seconds from 0 to ${MAX_AGE_SECONDS}`,
        );
      }
      const seen = await look.seen(maxAgeMs);
      const answer = make(seen);
      answer.headers.set("Age", String(Math.floor(look.ageMs(seen) / 1000)));
      return answer;
    };
  }

  return {
    "/status": from(({ report, error }) => jsonAnswer(statusDocument(report, error))),
    "/API/ListActiveGenerations": from((seen) => {
      const { report, error } = seen;
      return jsonAnswer(
        activeDocument(report, { error, ageMs: look.ageMs(seen), ends: tally.ends }),
      );
    }),
    "/idle": from(({ report }) => {
      const text = `${escapeForTerminal(verdictText(report))}\n`;
      return textAnswer(text, { status: idleStatus(report.verdict) });
    }),
    "/events": ({ req }) =>
      hub.hasRoom ? streamEvents(hub, lastIdOf(req)) : refuse(503, FULL, { "Retry-After": "5" }),
    "/API/GenerationEventsWS": ({ req }) => {
      if (req.header("upgrade")?.toLowerCase() !== "websocket") {
        return refuse(426, "Cannot answer: this address is a WebSocket's (/events is not)", {
          Upgrade: "websocket",
        });
      }
      return hub.hasRoom
        ? openEventSocket(hub, { request: req.raw, lastId: lastIdOf(req) })
        : refuse(503, FULL, { "Retry-After": "5" });
    },
    // Not delayed by a server that hangs; the metrics say how old the look is.
    "/metrics": () =>
      textAnswer(tally.metrics({ look, hub, version }), {
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
  { cancel, clock, door, look }: RouteSources,
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

  const canceller = makeCanceller(cancel, look);
  const hook = from((body, { env: { address } }) =>
    answerHook(body, { door, look, clock, address })
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

/** `undefined`: not given; `null`: not a valid number. */
function readMaxAgeMs(text: string | undefined): number | undefined | null {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  return seconds <= MAX_AGE_SECONDS ? seconds * 1000 : null;
}
