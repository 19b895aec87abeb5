/**
 * The records on Redis, as the rest of the tool uses them. The code that speaks to Redis is loaded
 * when it is first needed. It is a separate file beside the one-file tool, because `@redis/client`
 * imports from `node:`, which would slow down every start: see `tasks/bundle.ts`.
 */
import { AppError, PermissionError, systemReason } from "../errors.ts";
import type { ClaimStore } from "../generation/claim.ts";
import type { Clock } from "../generation/clock.ts";
import type { EndLog } from "../generation/records/end_log.ts";
import type { GenerationStore, StoreReading } from "../generation/records/store.ts";
import { redisAddress } from "./redis_address.ts";

/** Which Redis is used, and how. */
export interface NetworkOptions {
  /** Its address, as `redisAddress()` reads it; it may contain a password. */
  readonly url: string;
  /** The prefix of all keys and channels. */
  readonly prefix: string;
  /** Whether server sessions are published and used too. */
  readonly sharesSessions: boolean;
  /** The version of this tool. */
  readonly version: string;
  readonly clock: Clock;
}

/** A Redis in use; disposing of it closes its connections. */
export interface Network extends AsyncDisposable {
  readonly store: GenerationStore;
  readonly ends: EndLog;
  readonly claims: ClaimStore;
}

/** Makes the network scope. Nothing is loaded or connected before it is first used. */
export function openNetwork(options: NetworkOptions): Network {
  let loading: Promise<Network> | undefined;
  function load(): Promise<Network> {
    return loading ??= import("./redis_network.ts").then(
      (part) => openPart(part, options),
      (error) => {
        throw missingPart(error);
      },
    );
  }
  return {
    store: new LateStore(redisAddress(options.url).shown, load),
    ends: {
      // Other machines learn that it ended, but not how.
      put: (end) => load().then(({ ends }) => ends.put(end), () => {}),
      find: (id) => load().then(({ ends }) => ends.find(id), () => null),
    },
    claims: {
      list: () =>
        load().then(({ claims }) => claims.list(), (error) => ({
          answered: false,
          code: error instanceof AppError ? error.code : "failed",
          message: error instanceof AppError ? error.message : String(error),
        })),
      take: (claim) => ownError(load().then(({ claims }) => claims.take(claim))),
      release: (id) => ownError(load().then(({ claims }) => claims.release(id))),
    },
    async [Symbol.asyncDispose](): Promise<void> {
      const network = await loading?.catch(() => null);
      await network?.[Symbol.asyncDispose]();
    },
  };
}

/** The store, which is loaded when it is first used. */
class LateStore implements GenerationStore {
  readonly scope = "network";
  readonly location: string;
  readonly #load: () => Promise<Network>;

  constructor(location: string, load: () => Promise<Network>) {
    this.location = location;
    this.#load = load;
  }

  async list(): Promise<StoreReading> {
    try {
      return await ownError(this.#load().then(({ store }) => store.list()));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { answered: false, reason: "failed", message: error.message };
    }
  }

  put: GenerationStore["put"] = async (publication) =>
    await ownError(this.#load().then(({ store }) => store.put(publication)));

  remove: GenerationStore["remove"] = async (id) =>
    await ownError(this.#load().then(({ store }) => store.remove(id)));

  prune: GenerationStore["prune"] = async (judged) => {
    const network = await this.#load().catch(() => null);
    await network?.store.prune(judged);
  };

  async *watch(signal: AbortSignal): AsyncGenerator<void> {
    const network = await this.#load().catch(() => null);
    if (network !== null) yield* network.store.watch(signal);
  }
}

/**
 * The same, but a failure for people is of this file's own class: the file beside the one file has
 * a copy of each class, and its errors would count as bugs.
 */
async function ownError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof AppError || !(error instanceof Error) ? error : ownCopy(error);
  }
}

function ownCopy(error: Error): Error {
  if (error.name === "AppError") return new AppError("failed", error.message, { cause: error });
  return error.name === "PermissionError" && "needs" in error && typeof error.needs === "string"
    ? new PermissionError(error.message, error.needs)
    : error;
}

/** The part that is loaded later. */
interface RedisPart {
  readonly openRedisNetwork: (options: Omit<NetworkOptions, "version">) => Network;
  /** The version of the file beside the one file; from source both are one. */
  readonly TOOL_VERSION?: string;
}

function openPart(part: RedisPart, { version, ...options }: NetworkOptions): Network {
  if (part.TOOL_VERSION !== undefined && part.TOOL_VERSION !== version) {
    throw new AppError(
      "failed",
      `Cannot use Redis: asset-generator-redis.js is of version ${part.TOOL_VERSION}, and the ` +
        `tool of ${version} (put both from the same release beside each other)`,
    );
  }
  return part.openRedisNetwork(options);
}

/**
 * The error if the part for Redis cannot be loaded: nearly always the tool's one file was copied
 * without it.
 */
function missingPart(error: unknown): AppError {
  const isMissing = error instanceof TypeError && /not found/i.test(error.message);
  const found = isMissing
    ? "asset-generator-redis.js is not beside the tool (put it there, from the same release)"
    : `its part of the tool cannot be loaded: ${systemReason(error)}`;
  return new AppError("failed", `Cannot use Redis: ${found}`, { cause: error });
}
