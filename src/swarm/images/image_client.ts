/** Makes images with SwarmUI: the port `ImageServer`. Not loaded by `status`. */
import { type Counters, showsWork } from "../../generation/server/counters.ts";
import type {
  GenerationEvent,
  HistoryImage,
  ImageBody,
  ImageRequest,
  ImageServer,
  KeptPictures,
  ModelEntry,
} from "../../generation/server/image_server.ts";
import type { Preset } from "../../generation/server/preset.ts";
import type { ServerParameter } from "../../generation/server/server_parameter.ts";
import type { Choices } from "../../generation/server/server_choices.ts";
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { JsonObject } from "../../json_object.ts";
import { call } from "../http/call.ts";
import { type SwarmOptions, Transport } from "../http/transport.ts";
import { FrameInbox } from "../socket/frame_inbox.ts";
import { followSocket } from "../socket/socket_generation.ts";
import { type OpenSocket, openWebSocket, type SocketListener } from "../socket/web_socket.ts";
import { choicesOfParameters, rememberChoices } from "../remember_choices.ts";
import { type CallFailure, failure, isLostSession, type Outcome } from "../wire/failure.ts";
import { toError, withServerAdvice } from "../wire/failure_error.ts";
import { decodeModels, decodeSuccess } from "../wire/generation_answers.ts";
import { decodeHistory, decodeKeptPictures } from "../wire/history_answers.ts";
import { encodeImagePath, isDataUrl, pathProblem } from "../wire/image_path.ts";
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
    const told = await call(this.#transport, "GetNewSession", this.#deadline());
    const session = told.ok ? decodeSession(told.value, made) : told;
    // This is often the first message of this tool that a user sees.
    const advised = session.ok ? session : withServerAdvice(session);
    return this.#take(advised, "Cannot open a session");
  }

  async models(
    session: ServerSession,
    kind: "Stable-Diffusion" | "LoRA",
  ): Promise<readonly ModelEntry[]> {
    const body = { path: "", depth: 20, subtype: kind };
    const told = await this.#call("ListModels", session, body);
    const models = this.#take(
      told.ok ? decodeModels(told.value) : told,
      "Cannot list the models",
    );
    // A list that may be cut is not remembered; ListT2IParams gives the whole one.
    if (models.length < LIST_CAP) {
      const id = kind === "LoRA" ? "loras" : "model";
      await this.#remember(new Map([[id, models.map(({ name }) => name)]]), { isWhole: false });
    }
    return models;
  }

  async presets(session: ServerSession): Promise<readonly Preset[]> {
    const told = await this.#call("GetMyUserData", session);
    return this.#take(told.ok ? decodePresets(told.value) : told, "Cannot list the presets");
  }

  async parameters(session: ServerSession): Promise<readonly ServerParameter[]> {
    const told = await this.#call("ListT2IParams", session);
    const parameters = this.#take(
      told.ok ? decodeParameters(told.value) : told,
      "Cannot list the parameters",
    );
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
    if (socket === null || "ok" in socket || !socket.send(textOf(session, body))) {
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
    const told = await this.#call("GetCurrentStatus", session);
    if (isLostSession(told)) return "gone";
    return this.#take(
      told.ok ? decodeCounters(told.value) : told,
      "Cannot ask how far the generation is",
    );
  }

  async interrupt(session: ServerSession): Promise<void> {
    const told = await this.#call("InterruptAll", session, { other_sessions: false });
    // The server does no work for a session that it does not know.
    if (isLostSession(told)) return;
    this.#take(told.ok ? decodeSuccess(told.value) : told, "Cannot interrupt the generation");
  }

  async history(
    session: ServerSession,
    { folder, depth }: { readonly folder: string; readonly depth: number },
  ): Promise<readonly HistoryImage[]> {
    const body = { path: folder, depth, sortBy: "Date", sortReverse: false };
    const told = await this.#call("ListImages", session, body);
    const at = { folder, root: session.picturesRoot };
    return this.#take(told.ok ? decodeHistory(told.value, at) : told, "Cannot list the pictures");
  }

  async keptPictures(session: ServerSession): Promise<KeptPictures> {
    const told = await this.#call("GetUserSettings", session);
    return decodeKeptPictures(this.#take(told, "Cannot ask for the user's settings"));
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
    const told = await call(this.#transport, "GetCurrentStatus", {
      session,
      signal,
      ...this.#deadline(),
    });
    if (isLostSession(told)) return true;
    const counters = told.ok ? decodeCounters(told.value) : told;
    return counters.ok && !showsWork(counters.value);
  }

  #deadline(): { readonly timeoutMs: number } {
    return { timeoutMs: this.#options.requestTimeoutMs };
  }

  async #call(
    route: RouteName,
    session: ServerSession,
    body: JsonObject = {},
  ): Promise<Outcome<JsonObject>> {
    return await call(this.#transport, route, { session, body, ...this.#deadline() });
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

/** The JSON text of a request over the WebSocket. */
function textOf(session: ServerSession, body: JsonObject): string {
  return JSON.stringify({ session_id: session.reveal(), ...body });
}
