/** The API: who may call what, in the order of SwarmUI's checks (`swarmui-protocol.md §2.2`). */
import type { ApiCall, Route } from "./route.ts";
import type { HttpExchange } from "../wire/http_exchange.ts";
import { type HttpReply, jsonReply, redirectReply, stoppedReply } from "../wire/http_reply.ts";
import type { HttpRequest } from "../wire/http_request.ts";
import { type JsonObject, parseJsonObject } from "../json.ts";
import { InternalError, type Refusal, refusalFrame, refusalReply, RouteError } from "./refusals.ts";
import type { Session } from "../users/session.ts";
import type { Swarm } from "../swarm.ts";
import type { Socket } from "../wire/web_socket.ts";

/** The routes of a server. */
export class Api {
  readonly #swarm: Swarm;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(swarm: Swarm, routes: readonly Route[]) {
    this.#swarm = swarm;
    this.#routes = new Map(routes.map((route) => [route.name.toLowerCase(), route]));
  }

  /** The name of the route that a path asks for, as SwarmUI spells it; else as it was sent. */
  routeName(path: string): string {
    const name = path.slice("/API/".length);
    return this.#routes.get(name.toLowerCase())?.name ?? name;
  }

  /** Answers a plain request. */
  async answer(exchange: HttpExchange): Promise<void> {
    const { request } = exchange;
    const { boot } = this.#swarm;
    if (request.method !== "POST") return await exchange.reply(redirectReply("/Error/NoGetAPI"));
    const reply = await this.#replyTo(request);
    await exchange.reply(
      boot.signal.aborted ? stoppedReply(request.headers.has("accept-encoding")) : reply,
    );
  }

  /** Answers the first message of a WebSocket, and lets its route go on from there. */
  async talk(
    socket: Socket,
    options: { readonly request: HttpRequest; readonly first: string },
  ): Promise<void> {
    const { request, first } = options;
    const body = parseJsonObject(first);
    if (body === null) return await this.#refuse(socket, "internal_error");
    const route = this.#route(request);
    const session = this.#sessionOf(body, request.headers);
    if (typeof session === "string") return await this.#refuse(socket, session);
    if (route === undefined) return await this.#refuse(socket, "unknown_route");
    if (route.kind !== "socket") return await this.#refuse(socket, "needs_http");
    if (!mayCall(session, route)) return await this.#refuse(socket, "no_permission");
    try {
      await route.run(this.#call({ body, session, headers: request.headers }), socket);
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
      await socket.send(JSON.stringify(error.body));
    }
    await socket.close(1_000);
  }

  async #replyTo(request: HttpRequest): Promise<HttpReply> {
    const route = this.#route(request);
    const call = this.#read(request, route);
    if (typeof call === "string") return refusalReply(call, this.#swarm.settings.redirectsErrors);
    try {
      const result = await call();
      return isReply(result) ? result : jsonReply(result);
    } catch (error) {
      if (error instanceof RouteError) return jsonReply(error.body);
      if (error instanceof InternalError) {
        return refusalReply("internal_error", this.#swarm.settings.redirectsErrors);
      }
      throw error;
    }
  }

  #read(
    request: HttpRequest,
    route: Route | undefined,
  ): Refusal | (() => Promise<JsonObject | HttpReply> | JsonObject | HttpReply) {
    const { headers } = request;
    if (!isJsonType(headers.get("content-type"))) return "wrong_content_type";
    if (!request.contentLength || request.bodyTooLarge) return "bad_content_length";
    const body = parseJsonObject(new TextDecoder().decode(request.body));
    if (body === null) return "internal_error";
    if (route?.kind === "open") return () => route.run({ swarm: this.#swarm, body, headers });
    const session = this.#sessionOf(body, headers);
    if (typeof session === "string") return session;
    if (route === undefined) return "unknown_route";
    if (route.kind === "socket") return "needs_socket";
    if (!mayCall(session, route)) return "no_permission";
    return () => route.run(this.#call({ body, session, headers }));
  }

  #route({ path }: HttpRequest): Route | undefined {
    const route = this.#routes.get(path.slice("/API/".length).toLowerCase());
    const isThere = route?.name !== "GetGlobalStatus" || this.#swarm.settings.hasGlobalStatus;
    return isThere ? route : undefined;
  }

  /** The session of a call: from the body, and from a header only if the body says nothing (§1.2). */
  #sessionOf(body: JsonObject, headers: Headers): Session | Refusal {
    const id = "session_id" in body ? body.session_id : headers.get("x-session-id");
    if (id === null && !("session_id" in body)) return "missing_session";
    return this.#swarm.sessions.find(id) ?? "invalid_session";
  }

  #call(
    call: {
      readonly body: JsonObject;
      readonly session: Session;
      readonly headers: Headers;
    },
  ): ApiCall {
    call.session.user.lastActiveMs = this.#swarm.clock.now();
    return { swarm: this.#swarm, ...call };
  }

  async #refuse(socket: Socket, refusal: Refusal): Promise<void> {
    if (refusal === "internal_error" && this.#swarm.settings.redirectsErrors) {
      return await socket.close(1_011);
    }
    await socket.send(JSON.stringify(refusalFrame(refusal)));
    await socket.close(1_000);
  }
}

function mayCall(session: Session, route: { readonly right: string | null }): boolean {
  return route.right === null || session.user.may(route.right);
}

function isReply(result: JsonObject | HttpReply): result is HttpReply {
  return result.body instanceof Uint8Array;
}

function isJsonType(type: string | null): boolean {
  const media = (type ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return media === "application/json" || media.endsWith("+json");
}
