/**
 * The network scope: records on Redis, shared by all machines that use the same Redis
 * (`docs/teams.md`).
 *
 * A record expires there after the time of a lease unless its owner's heartbeat renews it. A record
 * that exists therefore means a living owner, whatever the clocks of the machines show. The times
 * of a record are converted to this machine's clock by its age, which Redis knows.
 *
 * A detached generation goes on without its owner: its record lasts as long as one in a file is shown,
 * unless somebody who looks finds that it is over.
 */
import { AppError } from "../errors.ts";
import type { Clock } from "../generation/clock.ts";
import {
  type GenerationRecord,
  isSafeId,
  LEASE_MS,
  RECORD_LIFETIME_MS,
} from "../generation/generation.ts";
import {
  decodeRecord,
  encodeRecord,
  fewProblems,
  MAX_READ,
  quote,
} from "../generation/records/record_codec.ts";
import { decodeSession, encodeSession } from "../generation/session.ts";
import type { GenerationStore, Publication, StoreReading } from "../generation/records/store.ts";
import { noticesUntil } from "../generation/until_aborted.ts";
import { isJsonObject, parseJson } from "../json_object.ts";
import type { MakeCommand, RedisLink } from "./redis_link.ts";
import { LIST, PUT, REMOVE, REMOVE_SAME, script, timeLeft } from "./redis_scripts.ts";

/** The longest text that can be a record, in bytes. */
const LONGEST = 16_384;
/** Time until the next attempt to listen, in milliseconds. */
const LISTEN_AGAIN_MS = 2_000;

const ACTION = "Cannot share this generation by";

/** What the store needs. */
export interface NetworkStoreOptions {
  readonly link: RedisLink;
  /** The prefix of all keys and channels. */
  readonly prefix: string;
  /** Whether server sessions are published and used too. */
  readonly sharesSessions: boolean;
  readonly clock: Clock;
}

/**
 * Makes the store for the records of all machines. All its methods need `--allow-net` for Redis;
 * creating it does nothing. Its errors are those of `RedisLink.send()`.
 */
export function createNetworkStore(options: NetworkStoreOptions): GenerationStore {
  return new NetworkStore(options);
}

/** A record as it was read: its text, and when it was written, on this machine's clock. */
interface Seen {
  readonly text: string;
  readonly updatedAt: number;
}

class NetworkStore implements GenerationStore {
  readonly scope = "network";
  readonly location: string;
  readonly #options: NetworkStoreOptions;
  readonly #index: string;
  readonly #records: string;
  readonly #channel: string;
  /** What was read last, by id: a record is removed only if it has not changed since. */
  #seen = new Map<string, Seen>();

  constructor(options: NetworkStoreOptions) {
    this.location = options.link.address.shown;
    this.#options = options;
    this.#index = `${options.prefix}generations`;
    this.#records = `${options.prefix}generation:`;
    this.#channel = `${options.prefix}changes`;
  }

  async list(): Promise<StoreReading> {
    const { link, clock } = this.#options;
    const action = "Cannot read the records of all machines from";
    const needs = link.needs;
    if (needs !== null) {
      const message = `Deno does not allow connecting to ${this.location}`;
      return { answered: false, reason: "permission", needs, message };
    }
    let reply: unknown;
    try {
      reply = await link.send(
        action,
        () => [...script(LIST, [this.#index]), this.#records, `${MAX_READ}`, `${LONGEST}`],
      );
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { answered: false, reason: "failed", message: error.message };
    }
    const [total, ...rows] = Array.isArray(reply) ? reply : [];
    const problems: string[] = [];
    const publications: Publication[] = [];
    this.#seen = new Map();
    for (const row of rows) {
      const found = this.#decode(row, clock.now());
      if (found.publication !== null) publications.push(found.publication);
      problems.push(...found.problems);
    }
    const unread = Math.max(0, Number(total) - MAX_READ);
    return {
      answered: true,
      publications,
      problems: fewProblems(problems),
      ...unread > 0 ? { unread } : {},
    };
  }

  async put({ record, session }: Publication): Promise<void> {
    const { sharesSessions } = this.#options;
    const entry = {
      ...encodeRecord(record),
      ...sharesSessions && session !== null ? { session: encodeSession(session) } : {},
    };
    const { id } = record;
    await this.#change((deadlineMs) => [
      ...script(PUT, [this.#records + id, this.#index]),
      ...[`${deadlineMs}`, JSON.stringify(entry), `${lastsMs(record)}`, id, this.#channel],
    ]);
  }

  async remove(id: string): Promise<void> {
    await this.#change((deadlineMs) => [
      ...script(REMOVE, [this.#records + id, this.#index]),
      ...[`${deadlineMs}`, id, this.#channel],
    ]);
  }

  async prune(judged: readonly GenerationRecord[]): Promise<void> {
    for (const { id, updatedAt } of judged) {
      const seen = this.#seen.get(id);
      if (seen?.updatedAt !== updatedAt) continue;
      try {
        await this.#change((deadlineMs) => [
          ...script(REMOVE_SAME, [this.#records + id, this.#index]),
          ...[`${deadlineMs}`, id, this.#channel, seen.text],
        ]);
      } catch {
        // It expires by itself.
        return;
      }
    }
  }

  async *watch(signal: AbortSignal): AsyncGenerator<void> {
    // Without the permission there is nothing to listen to.
    const over = new AbortController();
    const ended = AbortSignal.any([signal, over.signal]);
    yield* noticesUntil(ended, (notify) => {
      const listening = this.#listen(notify, ended).finally(() => over.abort());
      return () => {
        over.abort();
        return listening;
      };
    });
  }

  /** Listens until the signal, again after each loss of the connection. */
  async #listen(onMessage: () => void, signal: AbortSignal): Promise<void> {
    const { link, clock } = this.#options;
    while (!signal.aborted && link.needs === null) {
      await link.listen(this.#channel, { onMessage, signal });
      await clock.sleep(LISTEN_AGAIN_MS, signal);
    }
  }

  async #change(make: MakeCommand): Promise<void> {
    await this.#options.link.change(ACTION, make);
  }

  #decode(row: unknown, nowMs: number): {
    readonly publication: Publication | null;
    readonly problems: readonly string[];
  } {
    const [id, text, left] = Array.isArray(row) ? row : [];
    if (typeof id !== "string" || typeof text !== "string" || !isSafeId(id)) {
      return { publication: null, problems: [`Record ${quote(id)} on Redis is none of ours`] };
    }
    // Another program has made it last for ever; its owner does not live on for that.
    if (left === -1) return { publication: null, problems: [] };
    const value = parseJson(text);
    const { record, problems } = decodeRecord(id, value);
    if (record === null) return { publication: null, problems };
    const mostMs = lastsMs(record);
    const updatedAt = Math.round(nowMs - (mostMs - timeLeft(left, mostMs)));
    this.#seen.set(id, { text, updatedAt });
    const session = this.#options.sharesSessions && isJsonObject(value)
      ? decodeSession(value["session"])
      : null;
    const aheadMs = record.updatedAt - updatedAt;
    return {
      publication: {
        record: { ...record, startedAt: record.startedAt - aheadMs, updatedAt },
        session,
      },
      problems,
    };
  }
}

/** How long a record lasts on Redis without being renewed, in milliseconds. */
function lastsMs({ detached }: GenerationRecord): number {
  return detached === true ? RECORD_LIFETIME_MS : LEASE_MS;
}
