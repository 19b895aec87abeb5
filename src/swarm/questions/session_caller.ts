/**
 * Calls with the session that all questions share, for `status`, `doctor` and `cancel`. Every
 * `status` loads this file; keep it light.
 */
import type { Answer } from "../../detection/answer.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { JsonObject } from "../../json_object.ts";
import { call } from "../http/call.ts";
import { credentialsHash } from "../http/credentials.ts";
import { type SwarmOptions, Transport } from "../http/transport.ts";
import { isLostSession, type Outcome, toNoAnswer } from "../wire/failure.ts";
import type { RouteName } from "../wire/routes.ts";
import { decodeSession } from "../wire/server_answers.ts";
import { QuestionSession } from "./question_session.ts";

/** Calls one server with one user's credentials, and replaces a lost session. No method throws. */
export class SessionCaller {
  readonly transport: Transport;
  /** The session for questions. */
  readonly session: QuestionSession;
  readonly #options: SwarmOptions;

  /** @throws {UsageError} If the address or the credentials cannot be used. */
  constructor(options: SwarmOptions) {
    this.#options = options;
    this.transport = new Transport(options);
    const serverUrl = this.transport.url;
    this.session = new QuestionSession((timeoutMs) => this.#newSession(timeoutMs), {
      cache: options.cache,
      clock: options.clock,
      key: async () => ({ serverUrl, credentialsHash: await credentialsHash(options) }),
    });
  }

  /**
   * Asks with the session for questions; if the server no longer knows it, once more with a new
   * one.
   */
  async ask<T>(
    route: RouteName,
    body: JsonObject,
    decode: (told: JsonObject) => Outcome<T>,
  ): Promise<Answer<T>> {
    return await this.answer(async (remainingMs) => {
      let session = await this.session.obtain(remainingMs);
      if (!session.ok) return session;
      let told = await this.#call(route, body, { session: session.value, remainingMs });
      if (isLostSession(told)) {
        session = await this.session.renew(session.value, remainingMs);
        if (!session.ok) return session;
        told = await this.#call(route, body, { session: session.value, remainingMs });
      }
      return told.ok ? decode(told.value) : told;
    });
  }

  /** Times a question. Everything that it does shares one deadline, including a new session. */
  async answer<T>(
    put: (remainingMs: () => number) => Promise<Outcome<T>>,
  ): Promise<Answer<T>> {
    const { clock, requestTimeoutMs, untilMs = () => Infinity } = this.#options;
    const startedMs = clock.monotonicMs();
    const outcome = await put(() =>
      Math.max(0, Math.min(startedMs + requestTimeoutMs, untilMs()) - clock.monotonicMs())
    );
    const elapsedMs = clock.monotonicMs() - startedMs;
    return outcome.ok
      ? { answered: true, value: outcome.value, elapsedMs }
      : toNoAnswer(outcome, elapsedMs);
  }

  async #call(
    route: RouteName,
    body: JsonObject,
    how: { readonly session: ServerSession; readonly remainingMs: () => number },
  ): Promise<Outcome<JsonObject>> {
    const { session, remainingMs } = how;
    return await call(this.transport, route, { session, body, timeoutMs: remainingMs() });
  }

  async #newSession(timeoutMs: number): Promise<Outcome<ServerSession>> {
    const told = await call(this.transport, "GetNewSession", { timeoutMs });
    const made = { serverUrl: this.transport.url, createdAt: this.#options.clock.now() };
    return told.ok ? decodeSession(told.value, made) : told;
  }
}
