/** Leads a request through the server: lock, faults, and the code that answers it. */
import type { Api } from "../api/api.ts";
import type { Swarm } from "../swarm.ts";
import { firstAbort } from "../../generation/until_aborted.ts";
import type { HttpExchange } from "../wire/http_exchange.ts";
import {
  emptyReply,
  type HttpReply,
  jsonReply,
  redirectReply,
  textReply,
} from "../wire/http_reply.ts";
import { ServerSocket } from "../wire/server_socket.ts";
import { answerComfyDirect, COMFY_DIRECT_PATH, findComfy } from "./comfy_direct.ts";
import { tellQueue } from "./comfy_socket.ts";
import { type Fault, type Faults, isSocketFault } from "./faults.ts";
import { FaultySocket } from "./faulty_socket.ts";
import { errorPage, htmlPage } from "./pages.ts";
import { answerPictureFile, isPicturePath } from "./picture_downloads.ts";
import type { RequestLog } from "./request_log.ts";

const MEBIBYTE = 1_048_576;
const HUGE_MEBIBYTES = 65;

/** Answers all requests. */
export class FrontDoor {
  readonly #swarm: Swarm;
  readonly #api: Api;
  readonly #faults: Faults;
  readonly #requests: RequestLog;

  constructor(
    swarm: Swarm,
    options: { readonly api: Api; readonly faults: Faults; readonly requests: RequestLog },
  ) {
    this.#swarm = swarm;
    this.#api = options.api;
    this.#faults = options.faults;
    this.#requests = options.requests;
  }

  /** Answers one request. */
  async answer(exchange: HttpExchange): Promise<void> {
    const { request } = exchange;
    const isUpgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    const method = isUpgrade ? "UPGRADE" : request.method;
    this.#record(exchange, { method, text: new TextDecoder().decode(request.body) });
    const required = this.#swarm.settings.requiredAuthorization;
    if (required !== undefined && request.headers.get("authorization") !== required) {
      return await exchange.reply(textReply("Unauthorized", { status: 401, contentType: null }));
    }
    const fault = this.#faults.take(this.#routeOf(request.path));
    if (fault !== null && await this.#misbehave(exchange, fault)) return;
    if (isUpgrade && request.path.startsWith(`${COMFY_DIRECT_PATH}ws`)) {
      const found = findComfy(this.#swarm, request);
      if ("body" in found) return await exchange.reply(found);
      const socket = new ServerSocket(await exchange.upgrade(), () => {});
      return await tellQueue(this.#swarm, { comfy: found, socket });
    }
    if (request.path.startsWith(COMFY_DIRECT_PATH)) {
      const reply = await answerComfyDirect(this.#swarm, request);
      return reply === null ? exchange.drop() : await exchange.reply(reply);
    }
    if (!isApiPath(request.path)) return await exchange.reply(this.#pageFor(exchange));
    if (request.headers.get("origin") === "null") return await exchange.reply(emptyReply(500));
    if (!isUpgrade || request.method !== "GET") return await this.#api.answer(exchange);
    const connection = await exchange.upgrade();
    const hear = (text: string): void => this.#record(exchange, { method: "FRAME", text });
    const socket = isSocketFault(fault)
      ? new FaultySocket(connection, { hear, fault })
      : new ServerSocket(connection, hear);
    await this.#talk(exchange, socket);
  }

  async #talk({ request }: HttpExchange, socket: ServerSocket): Promise<void> {
    const { clock, settings, boot } = this.#swarm;
    const heard = new AbortController();
    const stop = AbortSignal.any([boot.signal, heard.signal]);
    const first = await Promise.race([
      socket.receive(),
      clock.sleep(settings.firstFrameMs, stop).then(() => null),
    ]);
    heard.abort();
    if (first === null || boot.signal.aborted) return socket.drop();
    const talk = this.#api.talk(socket, { request, first });
    await Promise.race([talk, firstAbort([boot.signal])]);
    if (boot.signal.aborted) socket.drop();
  }

  #pageFor({ request }: HttpExchange): HttpReply {
    const { path, method } = request;
    if (isPicturePath(path)) return answerPictureFile(this.#swarm, request);
    if (method === "GET" && path === "/") return redirectReply("Text2Image");
    if (method === "GET" && path === "/Text2Image") return htmlPage("Text2Image", 200);
    const page = path.startsWith("/Error/") ? errorPage(path.slice("/Error/".length)) : null;
    return page ?? redirectReply("/Error/404");
  }

  /** @returns Whether the request is done, so that nothing else needs to answer it. */
  async #misbehave(exchange: HttpExchange, fault: Fault): Promise<boolean> {
    switch (fault.kind) {
      case "hang":
        await exchange.hang();
        return true;
      case "close":
        exchange.drop();
        return true;
      case "hang_mid_body":
        exchange.cutAnswer("hang");
        return false;
      case "close_mid_body":
        exchange.cutAnswer("close");
        return false;
      case "slow":
        await this.#swarm.clock.sleep(fault.delayMs, this.#swarm.boot.signal);
        return false;
      default: {
        const reply = faultReply(fault);
        if (reply !== null) await exchange.reply(reply);
        return reply !== null;
      }
    }
  }

  #routeOf(path: string): string {
    if (isApiPath(path)) return this.#api.routeName(path);
    if (path.startsWith(COMFY_DIRECT_PATH)) return "ComfyBackendDirect";
    return isPicturePath(path) ? "View" : path;
  }

  #record(
    { request }: HttpExchange,
    what: { readonly method: string; readonly text: string },
  ): void {
    const { settings, clock } = this.#swarm;
    const route = this.#routeOf(request.path);
    settings.onRequest(
      this.#requests.add(request, { ...what, route, atMs: clock.monotonicMs() }),
    );
  }
}

function faultReply(fault: Fault): HttpReply | null {
  const text = (json: string, status = 200): HttpReply =>
    textReply(json, { status, contentType: "application/json" });
  switch (fault.kind) {
    case "html":
      return htmlPage("Some other server", 200);
    case "status":
      return emptyReply(fault.status);
    case "redirect":
      return redirectReply(fault.location);
    case "garbage_json":
      return text('{"status": {"waiting_g');
    case "json":
      return text(JSON.stringify(fault.body), fault.status);
    case "empty":
      return { ...jsonReply({}), body: new Uint8Array(0) };
    case "huge": {
      const body = new Uint8Array((fault.mebibytes ?? HUGE_MEBIBYTES) * MEBIBYTE).fill(0x20);
      const headers = { "content-type": "application/json", "content-length": `${body.length}` };
      return { status: 200, headers, body };
    }
    default:
      return null;
  }
}

function isApiPath(path: string): boolean {
  return path.toLowerCase().startsWith("/api/");
}
