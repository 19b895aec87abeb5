/** Makes images with SwarmUI: the port `ImageServer`. Not loaded by `status`. */
import { type Counters, showsWork } from "../../generation/server/counters.ts";
import { isDataUrl } from "../../generation/server/image_server.ts";
import type {
  GenerationEvent,
  HistoryImage,
  ImageBody,
  ImageRequest,
  ImageServer,
  KeptPictures,
  ModelEntry,
} from "../../generation/server/image_server.ts";
import type { Preset, ServerParameter } from "../../generation/server/server_parameter.ts";
import type { Choices } from "../../generation/server/server_choices.ts";
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { JsonObject } from "../../json_object.ts";
import { call, type CallOptions } from "../http/call.ts";
import type { SwarmOptions } from "../http/swarm_options.ts";
import { Transport } from "../http/transport.ts";
import { FrameInbox } from "../socket/frame_inbox.ts";
import { followSocket } from "../socket/socket_generation.ts";
import { type OpenSocket, openWebSocket, type SocketListener } from "../socket/web_socket.ts";
import { choicesOfParameters, rememberChoices } from "../remember_choices.ts";
import { type CallFailure, failure, isLostSession, type Outcome } from "../wire/failure.ts";
import { toError, withServerAdvice } from "../wire/failure_error.ts";
import { decodeModels, decodeSuccess } from "../wire/generation_answers.ts";
import { decodeHistory, decodeKeptPictures } from "../wire/history_answers.ts";
import { encodeImagePath, pathProblem } from "../wire/image_path.ts";
import { decodeParameters } from "../wire/parameter_answers.ts";
import { decodePresets } from "../wire/preset_answers.ts";
import { requestBody } from "../wire/request_body.ts";
import type { RouteName } from "../wire/routes.ts";
import { decodeCounters, decodeSession } from "../wire/server_answers.ts";
import { followHttp } from "./http_generation.ts";
import { openImage } from "./open_image.ts";

/** SwarmUI's usual limit: a list of this many models may be cut (`swarmui-protocol.md §20.9`). */
const LIST_CAP = 5000;

/**
 * Connects `generate` to a server; sends nothing by itself, and never prompts. `options.cache` is not
 * used: each generation has a session of its own.
 *
 * @throws {UsageError} If the address or the credentials cannot be used.
 */
export function createImageServer(options: SwarmOptions): ImageServer {
  return new SwarmImageServer(options);
}

class SwarmImageServer implements ImageServer {
  readonly url: string;
  readonly #options: SwarmOptions;
  readonly #transport: Transport;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#transport = new Transport(options);
    this.url = this.#transport.url;
  }

  async newSession(): Promise<ServerSession> {
    const made = { serverUrl: this.url, createdAt: this.#options.clock.now() };
    const session = await this.#ask("GetNewSession", {
      decode: (body) => decodeSession(body, made),
    });
    // This is often the first message of this tool that a user sees.
    const advised = session.ok ? session : withServerAdvice(session);
    return this.#take(advised, "Cannot open a session");
  }

  async models(
    session: ServerSession,
    kind: "Stable-Diffusion" | "LoRA",
  ): Promise<readonly ModelEntry[]> {
    const body = { path: "", depth: 20, subtype: kind };
    const told = await this.#ask("ListModels", { session, body, decode: decodeModels });
    const models = this.#take(told, "Cannot list the models");
    // A list that may be cut is not remembered; ListT2IParams gives the whole one.
    if (models.length < LIST_CAP) {
      const id = kind === "LoRA" ? "loras" : "model";
      await this.#remember(new Map([[id, models.map(({ name }) => name)]]), { isWhole: false });
    }
    return models;
  }

  async presets(session: ServerSession): Promise<readonly Preset[]> {
    const told = await this.#ask("GetMyUserData", { session, decode: decodePresets });
    return this.#take(told, "Cannot list the presets");
  }

  async parameters(session: ServerSession): Promise<readonly ServerParameter[]> {
    const told = await this.#ask("ListT2IParams", { session, decode: decodeParameters });
    const parameters = this.#take(told, "Cannot list the parameters");
    await this.#remember(choicesOfParameters(parameters), { isWhole: true });
    return parameters;
  }

  requestBody(request: ImageRequest): JsonObject {
    return requestBody(request);
  }

  async *generate(
    session: ServerSession,
    request: ImageRequest,
    options: { readonly transport: "auto" | "http"; readonly signal: AbortSignal },
  ): AsyncGenerator<GenerationEvent, void, void> {
    const { signal } = options;
    const body = requestBody(request);
    if (!isSameServerUrl(session.serverUrl, this.url)) {
      throw toError(failure("not_asked", "the session is of another server"), "Cannot generate");
    }
    const inbox = new FrameInbox(session.reveal(), {
      images: request.images,
      hide: this.#transport.hide,
    });
    const socket = options.transport === "auto" ? await this.#connect(inbox, signal) : null;
    // If the WebSocket did not open, nothing was sent. If HTTP fails for the same reason, it
    // reports that.
    const message = JSON.stringify({ session_id: session.reveal(), ...body });
    if (socket === null || "ok" in socket || !socket.send(message)) {
      const { requestTimeoutMs } = this.#options;
      const noSocket = socket === null
        ? null
        : "ok" in socket
        ? socket.message
        : "the connection ended";
      const told = followHttp(this.#transport, {
        session,
        body,
        asked: request.images,
        requestTimeoutMs,
        noSocket,
        signal,
      });
      yield* this.#withoutForeignPaths(told);
      return;
    }
    const told = followSocket(socket, {
      inbox,
      signal,
      isOver: (until) => this.#isOver(session, until),
    });
    yield* this.#withoutForeignPaths(told);
  }

  async sessionCounters(session: ServerSession): Promise<Counters | "gone"> {
    const told = await this.#ask("GetCurrentStatus", { session, decode: decodeCounters });
    return isLostSession(told) ? "gone" : this.#take(told, "Cannot ask how far the generation is");
  }

  async interrupt(session: ServerSession): Promise<void> {
    const body = { other_sessions: false };
    const told = await this.#ask("InterruptAll", { session, body, decode: decodeSuccess });
    // The server does no work for a session that it does not know.
    if (!isLostSession(told)) this.#take(told, "Cannot interrupt the generation");
  }

  async history(
    session: ServerSession,
    { folder, depth }: { readonly folder: string; readonly depth: number },
  ): Promise<readonly HistoryImage[]> {
    const body = { path: folder, depth, sortBy: "Date", sortReverse: false };
    const at = { folder, root: session.picturesRoot };
    const told = await this.#ask("ListImages", {
      session,
      body,
      decode: (listed) => decodeHistory(listed, at),
    });
    return this.#take(told, "Cannot list the pictures");
  }

  async keptPictures(session: ServerSession): Promise<KeptPictures> {
    const told = await this.#ask("GetUserSettings", {
      session,
      decode: (body) => ({ ok: true, value: decodeKeptPictures(body) }),
    });
    return this.#take(told, "Cannot ask for the user's settings");
  }

  async openImage(
    path: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<ImageBody> {
    const stallMs = this.#options.requestTimeoutMs;
    return await openImage(this.#transport, path, { ...options, stallMs });
  }

  imageUrl(path: string): string | null {
    if (isDataUrl(path)) return null;
    const encoded = encodeImagePath(path, this.url);
    return encoded === null ? null : `${this.url}/${encoded}`;
  }

  /** Drops images whose path is not one of this server's pictures: no such address is ever used. */
  async *#withoutForeignPaths(
    events: AsyncIterable<GenerationEvent>,
  ): AsyncGenerator<GenerationEvent, void, void> {
    for await (const event of events) {
      const problem = event.kind === "image" ? pathProblem(event.image.path, this.url) : null;
      yield problem === null ? event : { kind: "unreadable", message: problem };
    }
  }

  async #connect(
    listener: SocketListener,
    signal: AbortSignal,
  ): Promise<OpenSocket | CallFailure> {
    const forbidden = this.#transport.forbidden();
    if (forbidden !== null) return forbidden;
    return await openWebSocket(`${this.url}/API/GenerateText2ImageWS`, {
      ...this.#options.http.to(this.url),
      headers: this.#transport.headers,
      listener,
      timeoutMs: this.#options.requestTimeoutMs,
      maxMessageBytes: this.#options.maxAnswerBytes ?? 64 * 1024 * 1024,
      clock: this.#options.clock,
      signal,
    });
  }

  async #isOver(session: ServerSession, signal: AbortSignal): Promise<boolean> {
    const told = await this.#ask("GetCurrentStatus", { session, signal, decode: decodeCounters });
    return isLostSession(told) || told.ok && !showsWork(told.value);
  }

  async #ask<T>(
    route: RouteName,
    { decode, ...about }: Omit<CallOptions, "timeoutMs"> & {
      readonly decode: (body: JsonObject) => Outcome<T>;
    },
  ): Promise<Outcome<T>> {
    const timeoutMs = this.#options.requestTimeoutMs;
    const told = await call(this.#transport, route, { ...about, timeoutMs });
    return told.ok ? decode(told.value) : told;
  }

  async #remember(choices: Choices, about: { readonly isWhole: boolean }): Promise<void> {
    const options = this.#options;
    await rememberChoices(choices, { options, serverUrl: this.url, ...about });
  }

  #take<T>(outcome: Outcome<T>, action: string): T {
    if (outcome.ok) return outcome.value;
    throw toError(outcome, `${action} at ${this.url}`);
  }
}
