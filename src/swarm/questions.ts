/** SwarmUI asked for `status`: the port `SwarmServer`. On the path of every `status`; keep it light. */
import type { Answer } from "../detection/answer.ts";
import type {
  Backend,
  ComfyQueue,
  ModelTotals,
  ServerIdentity,
  ServerResources,
  SwarmServer,
} from "../detection/swarm_server.ts";
import type { Counters } from "../generation/counters.ts";
import type { ServerSession } from "../generation/session.ts";
import type { JsonObject } from "./api_reply.ts";
import { call } from "./call.ts";
import { readComfyReply } from "./comfy_reply.ts";
import { credentialsHash } from "./credentials.ts";
import { isLostSession, type Outcome, toNoAnswer } from "./failure.ts";
import { QuestionSession } from "./question_session.ts";
import type { RouteName } from "./routes.ts";
import { type SwarmOptions, Transport } from "./transport.ts";
import {
  decodeBackends,
  decodeCounters,
  decodeModelTotals,
  decodeResources,
  decodeSession,
} from "./wire.ts";

/**
 * Connects `status` to a server. Sends nothing before the first question, and then only what that
 * question needs; never prompts.
 *
 * @throws {UsageError} If the address or the credentials cannot be used.
 */
export function createSwarmQuestions(options: SwarmOptions): SwarmServer {
  return new SwarmQuestions(options);
}

class SwarmQuestions implements SwarmServer {
  readonly url: string;
  readonly #options: SwarmOptions;
  readonly #transport: Transport;
  readonly #session: QuestionSession;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#transport = new Transport(options);
    this.url = this.#transport.url;
    this.#session = new QuestionSession((timeoutMs) => this.#newSession(timeoutMs), {
      cache: options.cache,
      clock: options.clock,
      key: async () => ({
        serverUrl: this.url,
        credentialsHash: await credentialsHash(options),
      }),
    });
  }

  async globalCounters(): Promise<Answer<Counters>> {
    return await this.#ask("GetGlobalStatus", {}, decodeCounters);
  }

  async backends(): Promise<Answer<readonly Backend[]>> {
    return await this.#ask("ListBackends", { full_data: true }, decodeBackends);
  }

  async modelTotals(): Promise<Answer<ModelTotals>> {
    return await this.#ask("ListModels", { path: "", depth: 20 }, decodeModelTotals);
  }

  async resources(): Promise<Answer<ServerResources>> {
    return await this.#ask("GetServerResourceInfo", {}, decodeResources);
  }

  async comfyQueue(backendId: number | null): Promise<Answer<ComfyQueue>> {
    return await this.#answer(async (remainingMs) => {
      const headers: Record<string, string> = backendId === null
        ? {}
        : { "x-swarm-backend-id": `${backendId}` };
      const reply = await this.#transport.send(
        { path: "ComfyBackendDirect/prompt", body: null },
        { timeoutMs: remainingMs(), headers },
      );
      return "ok" in reply ? reply : readComfyReply(reply);
    });
  }

  async sessionCounters(session: ServerSession): Promise<Answer<Counters | "gone">> {
    return await this.#answer(async (remainingMs): Promise<Outcome<Counters | "gone">> => {
      const told = await call(this.#transport, "GetCurrentStatus", {
        session,
        timeoutMs: remainingMs(),
      });
      if (isLostSession(told)) return { ok: true, value: "gone" };
      return told.ok ? decodeCounters(told.value) : told;
    });
  }

  identity(): ServerIdentity | null {
    const session = this.#session.session;
    return session === null ? null : identityOf(session);
  }

  async renewIdentity(): Promise<Answer<ServerIdentity>> {
    return await this.#answer(async (remainingMs) => {
      const renewed = await this.#session.renew(this.#session.session, remainingMs);
      return renewed.ok ? { ok: true, value: identityOf(renewed.value) } : renewed;
    });
  }

  /** Asks with the session for questions; if the server lost it, once more with a new one. */
  async #ask<T>(
    route: RouteName,
    body: JsonObject,
    decode: (told: JsonObject) => Outcome<T>,
  ): Promise<Answer<T>> {
    return await this.#answer(async (remainingMs) => {
      let session = await this.#session.obtain(remainingMs);
      if (!session.ok) return session;
      let told = await this.#call(route, body, { session: session.value, remainingMs });
      if (isLostSession(told)) {
        session = await this.#session.renew(session.value, remainingMs);
        if (!session.ok) return session;
        told = await this.#call(route, body, { session: session.value, remainingMs });
      }
      return told.ok ? decode(told.value) : told;
    });
  }

  async #call(
    route: RouteName,
    body: JsonObject,
    how: { readonly session: ServerSession; readonly remainingMs: () => number },
  ): Promise<Outcome<JsonObject>> {
    const { session, remainingMs } = how;
    return await call(this.#transport, route, { session, body, timeoutMs: remainingMs() });
  }

  async #newSession(timeoutMs: number): Promise<Outcome<ServerSession>> {
    const told = await call(this.#transport, "GetNewSession", { timeoutMs });
    return told.ok
      ? decodeSession(told.value, { serverUrl: this.url, createdAt: this.#options.clock.now() })
      : told;
  }

  /** Times a question; all that it does shares one deadline, a new session included. */
  async #answer<T>(
    put: (remainingMs: () => number) => Promise<Outcome<T>>,
  ): Promise<Answer<T>> {
    const { clock, requestTimeoutMs } = this.#options;
    const startedMs = clock.monotonicMs();
    const outcome = await put(() =>
      Math.max(0, startedMs + requestTimeoutMs - clock.monotonicMs())
    );
    const elapsedMs = clock.monotonicMs() - startedMs;
    return outcome.ok
      ? { answered: true, value: outcome.value, elapsedMs }
      : toNoAnswer(outcome, elapsedMs);
  }
}

function identityOf(session: ServerSession): ServerIdentity {
  return { version: session.version, serverId: session.serverId, asOf: session.createdAt };
}
