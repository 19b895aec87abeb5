/** The servers of the configuration file, each with its own settings. */
import type { NoAnswer } from "../../detection/answer.ts";
import type { SwarmServer } from "../../detection/swarm_server.ts";
import { AppError, lowerFirst, PermissionError, UsageError } from "../../errors.ts";
import type { FoundConfig } from "../config/config_file.ts";
import { readConfigSettings } from "../config/read_config.ts";
import { serverNames, SERVERS } from "../config/setting_keys.ts";
import type { CommandContext } from "../context.ts";
import type { GlobalOptions } from "../global_options.ts";
import { writeOption } from "../option.ts";
import { environmentLayer, resolveSettings } from "../settings.ts";
import type { Settings } from "../setting_layers.ts";
import { writeDuration } from "../quantities.ts";
import { shareRecords } from "./shared_records.ts";

/** The largest number of servers that are asked at the same time. */
export const AT_ONCE = 64;

/** A server of the configuration file. */
export interface FleetMember {
  readonly name: string;
  /**
   * How it is asked. If its settings are invalid, or cannot be read in time, every answer of this
   * context says so. Never rejects with an `AppError`.
   */
  readonly context: Promise<CommandContext>;
  /** A context for a server that has not answered yet; every answer of it says so. */
  pending(): Promise<CommandContext>;
}

/** Options that belong to one server and are never sent to another one. */
const OF_ONE_SERVER = [
  "apiUrl",
  "apiKey",
  "apiKeyFile",
  "token",
  "tokenFile",
  "header",
  "headerFile",
  "server",
] as const;

/**
 * Makes the contexts, in the order of the file. Credentials in the environment are sent to a server
 * only if the environment names its address too.
 *
 * @param asked The option that selected all servers: `--all`.
 * @throws {UsageError} If there are no servers, or an option applies to only one of them.
 */
export function openFleet(
  options: GlobalOptions,
  context: CommandContext,
  asked: string,
): readonly FleetMember[] {
  const given = OF_ONE_SERVER.find((name) => options[name] !== undefined);
  if (given !== undefined) {
    throw new UsageError(`Cannot use ${writeOption(given)} with ${asked}: it means one server`);
  }
  const { config } = context;
  const names = config === null ? [] : serverNames(config.values);
  if (config === null || names.length === 0) {
    throw new UsageError(
      `Cannot use ${asked}: ${
        config === null ? "there is no configuration file" : `${config.path} names no servers`
      } (add one: asset-generator config set servers.NAME.api-url URL)`,
    );
  }
  const shared = { ...context, adapters: shareRecords(context.adapters, context.clock) };
  return names.map((name) => {
    const member = { name, config, context: shared, asked };
    return {
      name,
      context: openMember(options, member),
      pending: () => unaskable(PENDING, { options, member }),
    };
  });
}

const PENDING = { reason: "not_asked", message: "it has not answered yet" } as const;

interface Member {
  readonly name: string;
  readonly config: FoundConfig;
  readonly context: CommandContext;
  readonly asked: string;
}

/** Opens one server; the others do not wait for its files. */
async function openMember(options: GlobalOptions, member: Member): Promise<CommandContext> {
  const { context } = member;
  try {
    return { ...context, settings: await inTime(resolve(options, member, true), member) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return await unaskable(whyOf(error), { options, member });
  }
}

/** @param withSecrets Whether files that hold secrets are read too. */
async function resolve(
  options: GlobalOptions,
  { name, config, context, asked }: Member,
  withSecrets: boolean,
): Promise<Settings> {
  const wanted = { value: name, source: "option", place: asked } as const;
  const settings = await resolveSettings(
    { stateFile: options.stateFile, requestTimeout: options.requestTimeout },
    {
      ...readConfigSettings(config, wanted, { asksMany: true }),
      environment: environmentLayer(context.environment),
      isOneOfMany: true,
      stateFile: context.defaultStateFile,
      readSecretFile: withSecrets ? context.readSecretFile : null,
      readRedisFile: null,
      storedToken: context.storedToken,
    },
  );
  // The entry of a server cannot contain these settings, and the records are the same for all.
  const { format, model, stateFile, redisUrl, redisPrefix, redisShareSessions } = context.settings;
  const shared = { format, model, stateFile, redisUrl, redisPrefix, redisShareSessions };
  return { ...settings, ...shared };
}

/** Limits the time: reading a pipe that nobody writes to would never end. */
async function inTime<T>(resolving: Promise<T>, { name, context }: Member): Promise<T> {
  const withinMs = context.settings.requestTimeoutMs.value;
  const ended = new AbortController();
  const late = context.clock.sleep(withinMs, ended.signal).then(() => {
    throw new UsageError(
      `Cannot use ${SERVERS}.${name}: its secrets could not be read within ${
        writeDuration(withinMs)
      }`,
    );
  });
  try {
    return await Promise.race([resolving, late]);
  } finally {
    ended.abort();
    late.catch(() => {});
    resolving.catch(() => {});
  }
}

type Why = Pick<NoAnswer, "reason" | "message" | "needs">;

function whyOf(error: AppError): Why {
  const { message } = error;
  return error instanceof PermissionError
    ? { reason: "permission", needs: error.needs, message: lowerFirst(message) }
    : { reason: "setting", message };
}

/** The context of a server that must not be asked; its records are read if its address is known. */
async function unaskable(why: Why, { options, member }: {
  readonly options: GlobalOptions;
  readonly member: Member;
}): Promise<CommandContext> {
  const { context } = member;
  const settings = await resolve(options, member, false).catch(() => null);
  const url = settings === null ? "" : (await context.adapters.swarmServer(settings)).url;
  const server = unaskableServer(url, why);
  return {
    ...context,
    settings: settings ?? context.settings,
    adapters: { ...context.adapters, swarmServer: () => Promise.resolve(server) },
  };
}

/**
 * Makes a server that answers every question with the same reason, so that the code for servers
 * works for this one too. The records of its generations are still read.
 *
 * @param url Normalised base URL without user info; empty: its address makes no sense.
 */
function unaskableServer(
  url: string,
  why: Why,
): SwarmServer {
  const answer = (): Promise<NoAnswer> =>
    Promise.resolve({ answered: false, ...why, elapsedMs: 0 });
  return {
    url,
    globalCounters: answer,
    backends: answer,
    modelTotals: answer,
    resources: answer,
    comfyQueue: answer,
    sessionCounters: answer,
    renewIdentity: answer,
    identity: () => null,
    offSince: () => new Map(),
    keepOffSince: () => Promise.resolve(false),
  };
}
