/**
 * Calls with the session that all questions share, for `status`, `doctor` and `cancel`. Every
 * `status` loads this file; keep it light.
 */
import type { Answer } from "../../detection/answer.ts";
import type { Clock } from "../../generation/clock.ts";
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import type { ServerSession, SessionCache, SessionCacheKey } from "../../generation/session.ts";
import type { JsonObject } from "../../json_object.ts";
import { call } from "../http/call.ts";
import { credentialsHash } from "../http/credentials.ts";
import type { SwarmOptions } from "../http/swarm_options.ts";
import { Transport } from "../http/transport.ts";
import { isLostSession, type Outcome, toNoAnswer } from "../wire/failure.ts";
import type { RouteName } from "../wire/routes.ts";
import { decodeSession } from "../wire/server_answers.ts";

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

/**
 * The age at which a kept session is replaced, so that what it says about the server is not too
 * old.
 */
const MAX_AGE_MS = 24 * 60 * 60 * 1000;

/** Makes a new session on the server. */
type MakeSession = (timeoutMs: number) => Promise<Outcome<ServerSession>>;

/**
 * The session that all questions to one server with one login share. It is kept between processes and
 * made only when it is needed. The server stores each session for ever (`swarmui-protocol.md §1.1`),
 * so a poller must not make one for each call.
 */
class QuestionSession {
  readonly #make: MakeSession;
  readonly #cache: SessionCache | null;
  readonly #key: () => Promise<SessionCacheKey>;
  readonly #clock: Clock;
  #session: ServerSession | null = null;
  #offSince: ReadonlyMap<number, number> = new Map();
  #underWay: Promise<Outcome<ServerSession>> | null = null;

  /**
   * @param make Makes a session; called at most once at a time.
   * @param options.key What the session is kept under; asked for only if there is a cache.
   */
  constructor(make: MakeSession, options: {
    readonly cache: SessionCache | null;
    readonly key: () => Promise<SessionCacheKey>;
    readonly clock: Clock;
  }) {
    this.#make = make;
    this.#cache = options.cache;
    this.#key = options.key;
    this.#clock = options.clock;
  }

  /** The session that is known, without asking for one. */
  get session(): ServerSession | null {
    return this.#session;
  }

  /** When looks first saw backends switched off, as kept beside the session. */
  get offSince(): ReadonlyMap<number, number> {
    return this.#offSince;
  }

  /**
   * Keeps these times beside the session. If they cannot be kept, they are not remembered here
   * either: the looks of one process must not know more than the looks of several processes.
   *
   * @returns Whether they could be kept.
   */
  async keepOffSince(offSince: ReadonlyMap<number, number>): Promise<boolean> {
    const isKept = this.#session !== null && await this.#save(this.#session, offSince);
    if (isKept) this.#offSince = offSince;
    return isKept;
  }

  /**
   * The session to ask with: the known one, else the kept one, else a new one.
   *
   * @param remainingMs How much time the question has left, in milliseconds.
   */
  async obtain(remainingMs: () => number): Promise<Outcome<ServerSession>> {
    if (this.#session !== null && this.#isFresh(this.#session)) {
      return { ok: true, value: this.#session };
    }
    return await this.#single(async () => {
      const kept = await this.#load();
      if (kept !== null) {
        this.#session = kept;
        return { ok: true, value: kept };
      }
      return await this.#replace(remainingMs());
    }, remainingMs);
  }

  /**
   * Replaces a session that the server does not know. Questions that lost the same session share
   * one new one.
   */
  async renew(
    lost: ServerSession | null,
    remainingMs: () => number,
  ): Promise<Outcome<ServerSession>> {
    if (this.#session !== null && this.#session !== lost) {
      return { ok: true, value: this.#session };
    }
    return await this.#single(() => this.#replace(remainingMs()), remainingMs);
  }

  /**
   * Joins the request that is under way, else starts one. A caller that joined can outlive the
   * deadline of the one that started it.
   */
  async #single(
    start: () => Promise<Outcome<ServerSession>>,
    remainingMs: () => number,
  ): Promise<Outcome<ServerSession>> {
    for (;;) {
      const joined = this.#underWay;
      if (joined === null) {
        this.#underWay = start().finally(() => this.#underWay = null);
        return await this.#underWay;
      }
      const outcome = await joined;
      if (outcome.ok || outcome.reason !== "timeout" || remainingMs() <= 0) return outcome;
    }
  }

  async #load(): Promise<ServerSession | null> {
    if (this.#cache === null) return null;
    const key = await this.#key();
    const kept = await this.#cache.load(key);
    if (kept === null || !isSameServerUrl(kept.session.serverUrl, key.serverUrl)) return null;
    this.#offSince = kept.offSince;
    return this.#isFresh(kept.session) ? kept.session : null;
  }

  async #save(
    session: ServerSession,
    offSince: ReadonlyMap<number, number>,
  ): Promise<boolean> {
    if (this.#cache === null) return false;
    return await this.#cache.save(await this.#key(), { session, offSince });
  }

  async #replace(timeoutMs: number): Promise<Outcome<ServerSession>> {
    const made = await this.#make(timeoutMs);
    if (!made.ok) return made;
    this.#session = made.value;
    await this.#save(made.value, this.#offSince);
    return made;
  }

  #isFresh(session: ServerSession): boolean {
    // After a clock was set back the age is negative; such a session is as good as any.
    return Math.abs(this.#clock.now() - session.createdAt) < MAX_AGE_MS;
  }
}
