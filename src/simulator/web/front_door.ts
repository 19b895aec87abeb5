/** The way of a request through the server: lock, faults, and who answers it. */
import type { Api } from "../api/api.ts";
import { whenAborted } from "../bell.ts";
import { answerComfyDirect, COMFY_DIRECT_PATH } from "./comfy_direct.ts";
import { errorPage, htmlPage } from "./error_pages.ts";
import type { Fault, Faults } from "./faults.ts";
import { FaultySocket, isSocketFault } from "./faulty_socket.ts";
import type { HttpExchange } from "../wire/http_exchange.ts";
import {
  emptyReply,
  type HttpReply,
  jsonReply,
  redirectReply,
  textReply,
} from "../wire/http_reply.ts";
import { answerPictureFile, isPicturePath } from "./picture_files.ts";
import { recordOf, type RequestRecord } from "./request_log.ts";
import type { Swarm } from "../swarm.ts";
import type { Socket } from "../wire/web_socket.ts";

const MEBIBYTE = 1_048_576;
const HUGE_MEBIBYTES = 65;
const MAX_RECORDS = 10_000;

/** Answers whatever comes. */
export class FrontDoor {
  readonly #swarm: Swarm;
  readonly #api: Api;
  readonly #faults: Faults;
  readonly #requests: RequestRecord[];

  /** @param options.requests Where the records of all requests are put. */
  constructor(
    swarm: Swarm,
    options: {
      readonly api: Api;
      readonly faults: Faults;
      readonly requests: RequestRecord[];
    },
  ) {
    this.#swarm = swarm;
    this.#api = options.api;
    this.#faults = options.faults;
    this.#requests = options.requests;
  }

  /** Answers one request. */
  async answer(exchange: HttpExchange): Promise<void> {
    const { request } = exchange;
    const route = this.#routeOf(request.path);
    const isUpgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    this.#record(exchange, {
      method: isUpgrade ? "UPGRADE" : request.method,
      text: new TextDecoder().decode(request.body),
    });
    const required = this.#swarm.settings.requiredAuthorization;
    if (required !== null && request.headers.get("authorization") !== required) {
      return await exchange.reply(textReply("Unauthorized", { status: 401, contentType: null }));
    }
    const fault = this.#faults.take(route);
    if (fault !== null && await this.#misbehave(exchange, fault)) return;
    if (request.path.startsWith(COMFY_DIRECT_PATH)) {
      const reply = await answerComfyDirect(this.#swarm, request);
      return reply === null ? exchange.drop() : await exchange.reply(reply);
    }
    if (!isApiPath(request.path)) return await exchange.reply(this.#pageFor(exchange));
    if (request.headers.get("origin") === "null") return await exchange.reply(emptyReply(500));
    if (!isUpgrade || request.method !== "GET") return await this.#api.answer(exchange);
    const plain = await exchange.upgrade();
    const isFaulty = fault !== null && isSocketFault(fault);
    await this.#talk(exchange, isFaulty ? new FaultySocket(plain, fault) : plain);
  }

  async #talk(exchange: HttpExchange, socket: Socket): Promise<void> {
    const { clock, settings, boot } = this.#swarm;
    const heard = new AbortController();
    const recorded: Socket = {
      receive: async () => {
        const text = await socket.receive();
        if (text !== null) this.#record(exchange, { method: "FRAME", text });
        return text;
      },
      send: (text) => socket.send(text),
      close: (code) => socket.close(code),
      drop: () => socket.drop(),
    };
    const stop = AbortSignal.any([boot.signal, heard.signal]);
    const first = await Promise.race([
      recorded.receive(),
      clock.sleep(settings.firstFrameMs, stop).then(() => null),
    ]);
    heard.abort();
    if (first === null || boot.signal.aborted) return socket.drop();
    await Promise.race([
      this.#api.talk(recorded, { request: exchange.request, first }),
      whenAborted(boot.signal),
    ]);
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

  /** @returns Whether that was all: nobody else needs to answer. */
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
      case "huge": {
        const block = new Uint8Array(MEBIBYTE).fill(0x20);
        const count = fault.mebibytes ?? HUGE_MEBIBYTES;
        await exchange.replyInBlocks(block, { count, contentType: "application/json" });
        return true;
      }
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
    options: { readonly method: string; readonly text: string },
  ): void {
    const record = recordOf(request, {
      ...options,
      route: this.#routeOf(request.path),
      sessions: this.#swarm.sessions,
      atMs: this.#swarm.clock.monotonicMs(),
    });
    this.#requests.push(record);
    if (this.#requests.length > MAX_RECORDS) this.#requests.shift();
    this.#swarm.settings.onRequest(record);
  }
}

function faultReply(fault: Fault): HttpReply | null {
  switch (fault.kind) {
    case "html":
      return htmlPage("Some other server", 200);
    case "status":
      return emptyReply(fault.status);
    case "redirect":
      return redirectReply(fault.location);
    case "garbage_json":
      return textReply('{"status": {"waiting_g', { status: 200, contentType: "application/json" });
    case "json":
      return textReply(JSON.stringify(fault.body), {
        status: fault.status ?? 200,
        contentType: "application/json",
      });
    case "empty":
      return { ...jsonReply({}), body: new Uint8Array(0) };
    default:
      return null;
  }
}

function isApiPath(path: string): boolean {
  return path.toLowerCase().startsWith("/api/");
}
