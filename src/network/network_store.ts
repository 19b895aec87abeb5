/**
 * The network scope: records on Redis, for every machine that uses the same one (`docs/teams.md`).
 *
 * A record lives there for a lease and is renewed by its owner's heartbeat: that it is there says that
 * its owner lives, whatever the clocks of the machines say. So its times are shown on the clock of
 * this machine: what Redis says of its age is right everywhere.
 */
import { AppError } from "../errors.ts";
import type { Clock } from "../generation/clock.ts";
import { type GenerationRecord, isSafeId, LEASE_MS } from "../generation/generation.ts";
import {
  decodeRecord,
  encodeRecord,
  fewProblems,
  MAX_READ,
  quote,
} from "../generation/record_codec.ts";
import { decodeSession, encodeSession } from "../generation/session_codec.ts";
import type { GenerationStore, Publication, StoreReading } from "../generation/store.ts";
import { isJsonObject, parseJson } from "../json_object.ts";
import type { MakeCommand, RedisLink } from "./redis_link.ts";
import { LIST, PUT, REMOVE, REMOVE_SAME, script } from "./redis_scripts.ts";

/** A longer text is no record of ours, in bytes. */
const LONGEST = 16_384;
/** Time until listening is tried again, in milliseconds. */
const LISTEN_AGAIN_MS = 2_000;

const ACTION = "Cannot share this generation by";

/** What the store needs. */
export interface NetworkStoreOptions {
  readonly link: RedisLink;
  /** What all keys and channels begin with. */
  readonly prefix: string;
  /** Whether server sessions are published, and used, too. */
  readonly sharesSessions: boolean;
  readonly clock: Clock;
}

/**
 * The records of all machines. All of it needs `--allow-net` for Redis; creating it touches nothing.
 * Its errors are those of `RedisLink.send()`.
 */
export function createNetworkStore(options: NetworkStoreOptions): GenerationStore {
  return new NetworkStore(options);
}

/** A record as it was read: the text, and when it says on this machine's clock that it was written. */
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
  /** What was read last, by id: a record is pruned only if it is still that. */
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
      ...[`${deadlineMs}`, JSON.stringify(entry), `${LEASE_MS}`, id, this.#channel],
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
        // It runs out by itself.
        return;
      }
    }
  }

  async *watch(signal: AbortSignal): AsyncGenerator<void> {
    const { link, clock } = this.#options;
    let wake = (): void => {};
    let changes = 0;
    let isOver = false;
    const onMessage = (): void => {
      changes++;
      wake();
    };
    const listening = (async () => {
      while (!signal.aborted && link.needs === null) {
        await link.listen(this.#channel, { onMessage, signal });
        await clock.sleep(LISTEN_AGAIN_MS, signal);
      }
      isOver = true;
      wake();
    })();
    while (!isOver) {
      if (changes === 0) await new Promise<void>((resolve) => wake = resolve);
      if (changes === 0 || signal.aborted) continue;
      changes = 0;
      yield;
    }
    await listening;
  }

  #change(make: MakeCommand): Promise<void> {
    return this.#options.link.change(ACTION, make);
  }

  #decode(row: unknown, nowMs: number): {
    readonly publication: Publication | null;
    readonly problems: readonly string[];
  } {
    const [id, text, left] = Array.isArray(row) ? row : [];
    if (typeof id !== "string" || typeof text !== "string" || !isSafeId(id)) {
      return { publication: null, problems: [`Record ${quote(id)} on Redis is none of ours`] };
    }
    const value = parseJson(text);
    const { record, problems } = decodeRecord(id, value);
    if (record === null) return { publication: null, problems };
    const updatedAt = Math.round(nowMs - Math.max(0, LEASE_MS - Number(left)));
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
