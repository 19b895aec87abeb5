/**
 * Resolves the settings once: option, else `ASSET_GENERATOR_*`, else the entry of the chosen
 * server, else the configuration file, else default. Each setting remembers where it came from.
 *
 * A secret belongs to the server that is named in the same place, and is sent to no other. The
 * places are the environment, the entry, and the rest of the file.
 */
import { isSameServerUrl } from "../generation/server/server_url.ts";
import type {
  CredentialLayer,
  CredentialName,
  CredentialOptions,
  CredentialSettings,
  ReadSecretFile,
} from "./credentials.ts";
import { writeOption } from "./option.ts";
import type { Setting } from "./setting.ts";
import type {
  Environment,
  OutputFormat,
  SettingLayer,
  SettingLayers,
  SettingName,
  SettingOptions,
  Settings,
} from "./setting_layers.ts";
import { durationReader } from "./quantities.ts";
import {
  choiceReader,
  InvalidValueError,
  readFrom,
  readPath,
  readRedisPrefix,
  readRedisUrl,
  readServerUrl,
  readSwitch,
  readText,
} from "./values.ts";

/** All formats, for readers and help. */
export const OUTPUT_FORMATS: readonly OutputFormat[] = ["table", "json", "yaml"];

/** Reads a format. */
const readFormat: (text: string) => OutputFormat = choiceReader(OUTPUT_FORMATS);

/** Reads the time limit of one question, including connecting. */
export const readRequestTimeoutMs: (text: string) => number = durationReader({
  minMs: 10,
  maxMs: 3_600_000,
});

/** The variable that holds a setting: `apiUrl` → `ASSET_GENERATOR_API_URL`. */
export function variableOf(
  name: SettingName | keyof Settings | "config" | "headersFile",
): string {
  const words = name.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => `_${letter}`);
  return `ASSET_GENERATOR_${words.toUpperCase()}`;
}

/** The environment as a layer. As is usual, an empty variable counts as not set. */
export function environmentLayer(environment: Environment): SettingLayer {
  return {
    source: "environment",
    placeOf: variableOf,
    read: (name) => environment.get(variableOf(name)) || undefined,
    headers: () => {
      const [place, filePlace] = [variableOf("headers"), variableOf("headersFile")];
      const text = environment.get(place) || undefined;
      const file = environment.get(filePlace) || undefined;
      return [
        ...text === undefined ? [] : [{ kind: "lines", place, text } as const],
        ...file === undefined ? [] : [{ kind: "lines", place: filePlace, file } as const],
      ];
    },
  };
}

/** The credentials for a server that must get none. */
export const NO_CREDENTIALS: CredentialSettings = {
  apiKey: { value: null, source: "default", place: null },
  token: { value: null, source: "default", place: null },
  headers: { value: [], source: "default", place: null },
};

/** No entry of any configuration file. */
export const NO_SERVER: Setting<null> = { value: null, source: "default", place: null };

/**
 * Resolves all settings.
 *
 * @param options The command line, which comes first.
 * @throws {UsageError} If a layer holds a value that makes no sense and no stronger layer replaces
 * it.
 */
export async function resolveSettings(
  options: SettingOptions,
  from: SettingLayers,
): Promise<Settings> {
  const { environment, server, config, chosen = NO_SERVER } = from;
  const { readRedisFile = from.readSecretFile } = from;
  const layers = [environment, server, config].filter((layer) => layer !== undefined);
  const resolve = <T, D>(name: SettingName, how: How<T, D>): Setting<T | D> =>
    resolveOne(name, { layers, ...how });
  // A server that is chosen on the command line counts more than an address in the environment.
  const isChosenHere = chosen.source === "option" && server !== undefined;
  const apiUrl = resolveOne("apiUrl", {
    ...ADDRESS,
    layers: from.asksMany ? [] : isChosenHere ? [server, ...layers] : layers,
    option: options.apiUrl,
  });
  const mine = layers.filter((layer) =>
    holdsCredentials(layer) && belongsTo(apiUrl.value, layer, from)
  );
  return {
    apiUrl,
    ...from.readSecretFile === null
      ? NO_CREDENTIALS
      : await withLogin(await credentialsOf(options, mine, from.readSecretFile), {
        address: apiUrl.value,
        from,
      }),
    stateFile: resolve("stateFile", {
      option: options.stateFile,
      read: readPath,
      fallback: from.stateFile,
    }),
    format: resolve("format", {
      option: options.format,
      read: readFormat,
      fallback: DEFAULTS.format,
    }),
    requestTimeoutMs: resolve("requestTimeoutMs", {
      option: options.requestTimeout,
      read: readRequestTimeoutMs,
      fallback: DEFAULTS.requestTimeoutMs,
    }),
    model: resolve("model", { option: options.model, read: readText, fallback: null }),
    redisUrl: readRedisFile === null
      ? { value: null, source: "default", place: null }
      : await redisUrlOf(options, layers, readRedisFile),
    redisPrefix: resolve("redisPrefix", {
      option: options.redisPrefix,
      read: readRedisPrefix,
      fallback: DEFAULTS.redisPrefix,
    }),
    redisShareSessions: resolve("redisShareSessions", {
      option: options.redisShareSessions,
      read: readSwitch,
      fallback: false,
    }),
    server: chosen,
  };
}

/** @param layers Those that hold credentials for the server. */
async function credentialsOf(
  options: CredentialOptions,
  layers: readonly CredentialLayer[],
  readFile: ReadSecretFile,
): Promise<CredentialSettings> {
  const { apiKey, apiKeyFile, token, tokenFile, header, headerFile } = options;
  const given = apiKey ?? apiKeyFile ?? token ?? tokenFile ?? header ?? headerFile;
  if (given === undefined && layers.length === 0) return NO_CREDENTIALS;
  const { resolveCredentials } = await import("./credentials.ts");
  return await resolveCredentials(options, layers, readFile);
}

async function redisUrlOf(
  options: CredentialOptions,
  layers: readonly CredentialLayer[],
  readFile: ReadSecretFile,
): Promise<Setting<string | null>> {
  const names = ["redisUrl", "redisUrlFile"] as const;
  const isGiven = names.some((name) => options[name] !== undefined) ||
    layers.some((layer) => holdsAny(layer, names));
  if (!isGiven) return { value: null, source: "default", place: null };
  const { resolveSecret } = await import("./credentials.ts");
  return await resolveSecret("redisUrl", { options, layers, readFile, read: readRedisUrl });
}

function holdsCredentials(layer: CredentialLayer): boolean {
  return holdsAny(layer, ["apiKey", "apiKeyFile", "token", "tokenFile"]) ||
    layer.headers().length > 0;
}

function holdsAny(layer: CredentialLayer, names: readonly CredentialName[]): boolean {
  return names.some((name) => layer.read(name) !== undefined);
}

async function withLogin(given: CredentialSettings, { address, from }: {
  readonly address: string;
  readonly from: SettingLayers;
}): Promise<CredentialSettings> {
  if (given.token.value !== null) return given;
  const value = await from.storedToken?.(address) ?? null;
  return value === null ? given : { ...given, token: { value, source: "login", place: "login" } };
}

const DEFAULTS = {
  apiUrl: "http://127.0.0.1:7801",
  format: "table",
  requestTimeoutMs: 5000,
  redisPrefix: "asset-generator:",
} as const;

interface How<T, D> {
  /** The value on the command line. */
  readonly option: T | undefined;
  readonly read: (text: string) => T;
  readonly fallback: D;
}

const ADDRESS = { read: readServerUrl, fallback: DEFAULTS.apiUrl };

/** @param how.layers The strongest first. */
function resolveOne<T, D>(
  name: SettingName,
  how: How<T, D> & { readonly layers: readonly SettingLayer[] },
): Setting<T | D> {
  if (how.option !== undefined) {
    return { value: how.option, source: "option", place: writeOption(name.replace(/Ms$/, "")) };
  }
  for (const layer of how.layers) {
    const text = layer.read(name);
    if (text === undefined) continue;
    const place = layer.placeOf(name);
    return { value: readFrom(place, { ...how, text }), source: layer.source, place };
  }
  return { value: how.fallback, source: "default", place: null };
}

/**
 * Says whether the secrets of a layer may be sent to an address: if the layer names this address,
 * or is an environment that names none. A file that names none means the default address.
 */
function belongsTo(
  address: string,
  layer: SettingLayer,
  { isOneOfMany = false }: Pick<SettingLayers, "isOneOfMany">,
): boolean {
  const text = layer.read("apiUrl") ??
    (layer.source === "environment" ? undefined : DEFAULTS.apiUrl);
  if (text === undefined) return !isOneOfMany;
  try {
    return isSameServerUrl(readServerUrl(text), address);
  } catch (error) {
    // An address that makes no sense belongs to no server; it is refused where it is needed.
    if (!(error instanceof InvalidValueError)) throw error;
    return false;
  }
}
