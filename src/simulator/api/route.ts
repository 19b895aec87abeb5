/** One call of an API route, and the reading of its parameters (`swarmui-protocol.md §2.2`). */
import type { JsonObject } from "../json.ts";
import { valueText } from "../models/parameter_value.ts";
import type { Swarm } from "../swarm.ts";
import type { Session } from "../users/user_session.ts";
import type { HttpReply } from "../wire/http_reply.ts";
import type { ServerSocket } from "../wire/server_socket.ts";
import { RouteError } from "./refusals.ts";

const INT32_MAX = 2_147_483_647;

/** What a route over HTTP answers: JSON, or an answer of its own. */
export type RouteResult = Promise<JsonObject | HttpReply> | JsonObject | HttpReply;

/** A call before it is known whose it is. */
export interface OpenCall {
  readonly swarm: Swarm;
  readonly body: JsonObject;
  readonly headers: Headers;
}

/** A call with a valid session. */
export interface ApiCall extends OpenCall {
  readonly session: Session;
}

/** A route that needs no session. */
export interface OpenRoute {
  readonly kind: "open";
  readonly name: string;
  readonly run: (call: OpenCall) => RouteResult;
}

/** A route over HTTP. */
export interface HttpRoute {
  readonly kind: "http";
  readonly name: string;
  /** The right that it needs; `null`: none. */
  readonly right: string | null;
  readonly run: (call: ApiCall) => RouteResult;
}

/** A route over a WebSocket. */
export interface SocketRoute {
  readonly kind: "socket";
  readonly name: string;
  readonly right: string | null;
  /** Works off the first message and all that follows; the socket is closed afterwards. */
  readonly run: (call: ApiCall, socket: ServerSocket) => Promise<void>;
}

/** Any route. */
export type Route = OpenRoute | HttpRoute | SocketRoute;

/** A route that needs no session. */
export function openRoute(name: string, run: OpenRoute["run"]): OpenRoute {
  return { kind: "open", name, run };
}

/** A route over HTTP. @param right The right that it needs; `null`: none. */
export function route(
  ...[name, right, run]: readonly [string, string | null, HttpRoute["run"]]
): HttpRoute {
  return { kind: "http", name, right, run };
}

/** A parameter that must be there, as text. @throws {RouteError} If it is not. */
export function textOf(body: JsonObject, name: string): string {
  if (name in body) return valueText(body[name]);
  throw new RouteError(`Missing required parameter '${name}'`);
}

/** A whole number that must be there. @throws {RouteError} If it is not. */
export function integerOf(body: JsonObject, name: string): number {
  const text = textOf(body, name);
  const value = Number(text);
  if (/^\s*[+-]?\d+\s*$/.test(text) && Math.abs(value) <= INT32_MAX) return value;
  throw new RouteError(`Invalid value '${text}' for parameter '${name}', must be type 'Int32'`);
}

/** A flag, false if it is not there. @throws {RouteError} If it is something else. */
export function flagOf(body: JsonObject, name: string): boolean {
  if (!(name in body)) return false;
  const text = valueText(body[name]).toLowerCase();
  if (text === "true" || text === "false") return text === "true";
  throw new RouteError(
    `Invalid value '${valueText(body[name])}' for parameter '${name}', must be type 'Boolean'`,
  );
}
