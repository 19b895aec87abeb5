/** The API: checks who may call what, in SwarmUI's order (`swarmui-protocol.md §2.2`). */
import type { JsonObject } from "../../json_object.ts";
import { parseJsonObject } from "../exact_json.ts";
import type { Swarm } from "../swarm.ts";
import type { HttpExchange } from "../wire/http_exchange.ts";
import { type HttpReply, jsonReply, redirectReply, stoppedReply } from "../wire/http_reply.ts";
import type { HttpRequest } from "../wire/http_request.ts";
import type { ServerSocket } from "../wire/server_socket.ts";
import { BACKEND_ROUTES } from "./backend_routes.ts";
import { GENERATE_ROUTES } from "./generate_routes.ts";
import { MODEL_ROUTES } from "./model_routes.ts";
import { InternalError, type Refusal, refusalFrame, refusalReply, RouteError } from "./refusals.ts";
import type { ApiCall, Route, RouteResult } from "./route.ts";
import { SERVER_ROUTES } from "./server_routes.ts";
import { SESSION_ROUTES } from "./session_routes.ts";

/** The routes of a server. */
export class Api {
  readonly #swarm: Swarm;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(swarm: Swarm) {
    const routes = [
      ...SESSION_ROUTES,
      ...SERVER_ROUTES,
      ...BACKEND_ROUTES,
      ...MODEL_ROUTES,
      ...GENERATE_ROUTES,
    ];
    this.#swarm = swarm;
    this.#routes = new Map(routes.map((route) => [route.name.toLowerCase(), route]));
  }

  /** The name of the route that a path asks for, as SwarmUI spells it; otherwise as it was sent. */
  routeName(path: string): string {
    const name = path.slice("/API/".length);
    return this.#routes.get(name.toLowerCase())?.name ?? name;
  }

  /** Answers a plain request. */
  async answer(exchange: HttpExchange): Promise<void> {
    const { request } = exchange;
    const { signal } = this.#swarm.boot;
    if (request.method !== "POST") return await exchange.reply(redirectReply("/Error/NoGetAPI"));
    const reply = await this.#replyTo(request);
    const stopped = stoppedReply(request.headers.has("accept-encoding"));
    await exchange.reply(signal.aborted ? stopped : reply);
  }

  /** Answers the first message of a WebSocket, and passes the socket on to its route. */
  async talk(
    socket: ServerSocket,
    options: { readonly request: HttpRequest; readonly first: string },
  ): Promise<void> {
    const { request, first } = options;
    const body = parseJsonObject(first);
    if (body === null) return await this.#refuse(socket, "internal_error");
    const route = this.#route(request);
    const call = this.#call(request, body);
    if (typeof call === "string") return await this.#refuse(socket, call);
    if (route === undefined) return await this.#refuse(socket, "unknown_route");
    if (route.kind !== "socket") return await this.#refuse(socket, "needs_http");
    if (!mayCall(call, route)) return await this.#refuse(socket, "no_permission");
    call.session.user.lastActiveMs = this.#swarm.clock.now();
    try {
      await route.run(call, socket);
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
      await socket.send(JSON.stringify(error.body));
    }
    await socket.close(1_000);
  }

  async #replyTo(request: HttpRequest): Promise<HttpReply> {
    const { redirectsErrors } = this.#swarm.settings;
    try {
      const result = await this.#run(request);
      if (typeof result === "string") return refusalReply(result, redirectsErrors);
      return isReply(result) ? result : jsonReply(result);
    } catch (error) {
      if (error instanceof RouteError) return jsonReply(error.body);
      if (error instanceof InternalError) return refusalReply("internal_error", redirectsErrors);
      throw error;
    }
  }

  #run(request: HttpRequest): Refusal | RouteResult {
    const { headers } = request;
    const route = this.#route(request);
    if (!isJsonType(headers.get("content-type"))) return "wrong_content_type";
    if (!request.contentLength || request.bodyTooLarge) return "bad_content_length";
    const body = parseJsonObject(new TextDecoder().decode(request.body));
    if (body === null) return "internal_error";
    if (route?.kind === "open") return route.run({ swarm: this.#swarm, body, headers });
    const call = this.#call(request, body);
    if (typeof call === "string") return call;
    if (route === undefined) return "unknown_route";
    if (route.kind === "socket") return "needs_socket";
    if (!mayCall(call, route)) return "no_permission";
    call.session.user.lastActiveMs = this.#swarm.clock.now();
    return route.run(call);
  }

  #route({ path }: HttpRequest): Route | undefined {
    const route = this.#routes.get(path.slice("/API/".length).toLowerCase());
    const isThere = route?.name !== "GetGlobalStatus" || this.#swarm.settings.hasGlobalStatus;
    return isThere ? route : undefined;
  }

  /** The session of a call: from the body, and from a header only if the body has none (§1.2). */
  #call({ headers }: HttpRequest, body: JsonObject): ApiCall | Refusal {
    const id = "session_id" in body ? body.session_id : headers.get("x-session-id");
    if (id === null && !("session_id" in body)) return "missing_session";
    const session = this.#swarm.sessions.find(id);
    if (session === null) return "invalid_session";
    return { swarm: this.#swarm, session, body, headers };
  }

  async #refuse(socket: ServerSocket, refusal: Refusal): Promise<void> {
    if (refusal === "internal_error" && this.#swarm.settings.redirectsErrors) {
      return await socket.close(1_011);
    }
    await socket.send(JSON.stringify(refusalFrame(refusal)));
    await socket.close(1_000);
  }
}

function mayCall({ session }: ApiCall, { right }: { readonly right: string | null }): boolean {
  return right === null || session.user.may(right);
}

function isReply(result: JsonObject | HttpReply): result is HttpReply {
  return result.body instanceof Uint8Array;
}

function isJsonType(type: string | null): boolean {
  const media = (type ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return media === "application/json" || media.endsWith("+json");
}
