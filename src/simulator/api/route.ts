/**
 * One call of an API route, and functions that read its parameters (`swarmui-protocol.md §2.2`).
 */
import type { JsonObject } from "../../json_object.ts";
import { valueText } from "../models/parameter_value.ts";
import type { Swarm } from "../swarm.ts";
import type { Session } from "../users/user_session.ts";
import type { HttpReply } from "../wire/http_reply.ts";
import type { ServerSocket } from "../wire/server_socket.ts";
import { RouteError } from "./refusals.ts";

const INT32_MAX = 2_147_483_647;

/** The result of a route over HTTP: JSON, or a whole answer. */
export type RouteResult = Promise<JsonObject | HttpReply> | JsonObject | HttpReply;

/** A call before its user is known. */
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
  /** The permission that it needs; `null`: none. */
  readonly right: string | null;
  readonly run: (call: ApiCall) => RouteResult;
}

/** A route over a WebSocket. */
export interface SocketRoute {
  readonly kind: "socket";
  readonly name: string;
  readonly right: string | null;
  /** Handles the first message and all that follow; the socket is closed afterwards. */
  readonly run: (call: ApiCall, socket: ServerSocket) => Promise<void>;
}

/** Any route. */
export type Route = OpenRoute | HttpRoute | SocketRoute;

/** A route that needs no session. */
export function openRoute(name: string, run: OpenRoute["run"]): OpenRoute {
  return { kind: "open", name, run };
}

/** A route over HTTP. @param right The permission that it needs; `null`: none. */
export function route(
  ...[name, right, run]: readonly [string, string | null, HttpRoute["run"]]
): HttpRoute {
  return { kind: "http", name, right, run };
}

/** A required parameter, as text. @throws {RouteError} If it is missing. */
export function textOf(body: JsonObject, name: string): string {
  if (name in body) return valueText(body[name]);
  throw new RouteError(`Missing required parameter '${name}'`);
}

/** A required whole number. @throws {RouteError} If it is missing or not one. */
export function integerOf(body: JsonObject, name: string): number {
  const text = textOf(body, name);
  const value = Number(text);
  if (/^\s*[+-]?\d+\s*$/.test(text) && Math.abs(value) <= INT32_MAX) return value;
  throw new RouteError(`Invalid value '${text}' for parameter '${name}', must be type 'Int32'`);
}

/** A flag; false if it is missing. @throws {RouteError} If it is something else. */
export function flagOf(body: JsonObject, name: string): boolean {
  if (!(name in body)) return false;
  const text = valueText(body[name]).toLowerCase();
  if (text === "true" || text === "false") return text === "true";
  throw new RouteError(
    `Invalid value '${valueText(body[name])}' for parameter '${name}', must be type 'Boolean'`,
  );
}
