/**
 * One connection to Redis. It is made when it is first needed, and made again after it was lost.
 *
 * A caller waits for `ATTEMPT_MS` at most, connecting included. If Redis could not be reached a
 * moment ago, a command fails at once, while the next attempt to connect runs in the background.
 * Commands are not queued for later. A command may still be in the socket of a Redis that hangs; so each command that
 * changes something contains the time, on the clock of Redis, after which it must do nothing: see
 * `deadline()`.
 */
import { AppError } from "../errors.ts";
import type { Clock } from "../generation/clock.ts";
import { firstAbort, limitTime, untilAborted } from "../generation/until_aborted.ts";
import { missingNet, notAllowed } from "../system/permissions.ts";
import type { RedisAddress } from "./redis_address.ts";
import { type Client, makeClient } from "./redis_client.ts";
import { redisReason, TooSlowError } from "./redis_reason.ts";

/** The longest time for a command, with connecting to it, in milliseconds. */
const ATTEMPT_MS = 2_000;
/** Time from one failure to connect until the next attempt, in milliseconds. */
const PAUSE_MS = 1_000;

/** What a link needs. */
export interface RedisLinkOptions {
  readonly address: RedisAddress;
  readonly clock: Clock;
  /** In milliseconds. @default {ATTEMPT_MS} */
  readonly attemptMs?: number;
}

interface Connection {
  readonly client: Client;
  /** How far the clock of Redis is ahead of the monotonic clock here, in milliseconds. */
  readonly aheadMs: number;
  /** Aborted when the connection is lost; the reason is the error. */
  readonly lost: AbortController;
}

/** Makes a command, given the time on the clock of Redis after which it must do nothing. */
export type MakeCommand = (deadlineMs: number) => readonly string[];

/** A connection that is made again after it was lost. */
export class RedisLink implements AsyncDisposable {
  readonly address: RedisAddress;
  readonly #options: RedisLinkOptions;
  readonly #attemptMs: number;
  #connection: Connection | null = null;
  #connecting: Promise<Connection> | null = null;
  /** Why Redis cannot be reached at the moment. */
  #away: { readonly error: unknown } | null = null;
  readonly #closed = new AbortController();
  /** Whether it has ever answered. */
  #hasConnected = false;

  constructor(options: RedisLinkOptions) {
    this.address = options.address;
    this.#options = options;
    this.#attemptMs = options.attemptMs ?? ATTEMPT_MS;
  }

  /** The Deno flag that is missing, or `null`. */
  get needs(): string | null {
    return missingNet(this.address.netName);
  }

  /**
   * Sends a command and waits for the reply.
   *
   * @param action What it is for, as the beginning of a sentence: `Cannot …`.
   * @throws {PermissionError} If Deno's permission is missing.
   * @throws {AppError} If Redis cannot be reached, does not answer in time, or refuses the command.
   */
  async send(action: string, make: MakeCommand): Promise<unknown> {
    const { needs } = this;
    if (needs !== null) throw notAllowed(`${action} ${this.address.shown}`, needs);
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + this.#attemptMs;
    using limit = limitTime(this.#attemptMs, { clock });
    try {
      const connection = await untilAborted(this.#connected(), limit.signal);
      if (connection === null) throw new TooSlowError(this.#attemptMs);
      const command = make(Math.floor(endMs + connection.aheadMs));
      return await this.#within(limit, connection, connection.client.sendCommand([...command]));
    } catch (error) {
      throw this.#failure(action, redisReason(error));
    }
  }

  /**
   * Sends a command that changes something and that answers 0 if it arrived too late.
   *
   * @throws {AppError} As `send()`, or if the change was not made.
   */
  async change(action: string, make: MakeCommand): Promise<unknown> {
    const reply = await this.send(action, make);
    if (reply !== 0) return reply;
    // The reply came in time, so the clock of Redis is not what we took it to be: this machine was
    // asleep, or the clock was set. A new connection asks for the time again.
    this.#connection?.client.destroy();
    this.#connection = null;
    const second = await this.send(action, make);
    if (second === 0) throw this.#failure(action, "its clock jumps");
    return second;
  }

  /**
   * Opens a separate connection that listens to a channel.
   *
   * @param signal Closes it.
   * @returns When it is lost or closed; at once if there is no connection.
   */
  async listen(channel: string, by: {
    readonly onMessage: () => void;
    readonly signal: AbortSignal;
  }): Promise<void> {
    if (this.needs !== null || by.signal.aborted) return;
    const connection = await this.#open({ isQuiet: true }).catch(() => null);
    if (connection === null) return;
    const { client, lost } = connection;
    try {
      using limit = limitTime(this.#attemptMs, this.#options);
      await this.#within(limit, connection, client.subscribe(channel, by.onMessage));
      // Messages published before this moment were missed.
      by.onMessage();
      await firstAbort([lost.signal, by.signal]);
    } catch {
      // An error can be ignored: the callers also read the records at regular intervals.
    } finally {
      client.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#connecting?.catch(() => {});
    this.#connection?.client.destroy();
    this.#connection = null;
  }

  async #connected(): Promise<Connection> {
    if (this.#connection !== null) return this.#connection;
    if (this.#away !== null) throw this.#away.error;
    return await this.#connect();
  }

  #connect(): Promise<Connection> {
    return this.#connecting ??= this.#open().then((connection) => {
      this.#away = null;
      this.#hasConnected = true;
      if (this.#closed.signal.aborted) connection.client.destroy();
      else this.#connection = connection;
      const { signal } = connection.lost;
      signal.addEventListener("abort", () => {
        if (this.#connection === connection) this.#goneAway(signal.reason);
      });
      return connection;
    }, (error) => {
      this.#goneAway(error);
      throw error;
    }).finally(() => this.#connecting = null);
  }

  #goneAway(error: unknown): void {
    this.#connection = null;
    const isNews = this.#away === null;
    this.#away = { error };
    if (isNews) void this.#reconnect();
  }

  /**
   * Reconnects in the background, so that there is a connection when the next record is to be
   * published.
   */
  async #reconnect(): Promise<void> {
    const { signal } = this.#closed;
    while (this.#away !== null && !signal.aborted) {
      await this.#options.clock.sleep(PAUSE_MS, signal);
      if (!signal.aborted) await this.#connect().catch(() => {});
    }
  }

  #failure(action: string, reason: string): AppError {
    const advice = this.#hasConnected ? "" : tlsAdvice(reason, this.address);
    return new AppError("failed", `${action} ${this.address.shown}: ${reason}${advice}`);
  }

  /** Connects and asks for the time of Redis; the reply also shows that it really is Redis. */
  async #open({ isQuiet = false } = {}): Promise<Connection> {
    const { clock } = this.#options;
    const client = makeClient(this.address, { attemptMs: this.#attemptMs, isQuiet });
    const lost = new AbortController();
    client.on("error", (error: unknown) => lost.abort(error));
    const connection = { client, aheadMs: 0, lost };
    using limit = limitTime(this.#attemptMs, { clock, giveUp: this.#closed.signal });
    try {
      await this.#within(limit, connection, client.connect());
      const reply = await this.#within(limit, connection, client.sendCommand(["TIME"]));
      return { ...connection, aheadMs: timeOf(reply) - clock.monotonicMs() };
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  /**
   * Waits until the reply, the end of the allowed time, or the loss of the connection. After the
   * allowed time the connection is closed.
   */
  async #within<T>(
    limit: { readonly signal: AbortSignal },
    { client, lost }: Connection,
    reply: Promise<T>,
  ): Promise<T> {
    const end = AbortSignal.any([limit.signal, lost.signal]);
    const answer = await untilAborted(reply.then((value) => ({ value })), end);
    if (answer !== null) return answer.value;
    lost.abort(new TooSlowError(this.#attemptMs));
    client.destroy();
    throw lost.signal.reason;
  }
}

/** The reply to `TIME`, in milliseconds. */
function timeOf(reply: unknown): number {
  const [seconds, micros] = Array.isArray(reply) ? reply.map(Number) : [];
  const ms = (seconds ?? NaN) * 1000 + (micros ?? NaN) / 1000;
  if (Number.isFinite(ms)) return ms;
  throw new Error("protocol: what answers to TIME is no time");
}

/**
 * What may be wrong if nothing has ever been answered: a Redis without TLS is silent if it is spoken to
 * by TLS, and one that expects TLS cuts the connection.
 */
function tlsAdvice(reason: string, { isTls }: RedisAddress): string {
  if (isTls && reason.startsWith("no answer")) {
    return " (if it does not speak TLS, the address begins with redis://)";
  }
  const isCut = !isTls && reason === "it cut the connection";
  return isCut ? " (if it expects TLS, the address begins with rediss://)" : "";
}
