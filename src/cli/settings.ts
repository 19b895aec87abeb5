/**
 * What the user wants, resolved once: option, else `ASSET_GENERATOR_*`, else default. Each setting
 * remembers where it came from. A further layer (a configuration file) is one more `SettingLayer`
 * behind the environment's.
 */
import {
  choiceReader,
  durationReader,
  readFrom,
  readPath,
  readSecret,
  readServerUrl,
  readText,
} from "./values.ts";

/** Where a setting came from. */
export type SettingSource = "option" | "environment" | "default";

/** A setting and where it came from. */
export interface Setting<T> {
  readonly value: T;
  readonly source: SettingSource;
}

/** How a result is written. */
export type OutputFormat = "table" | "json" | "yaml";

/** All formats, for readers and help. */
export const OUTPUT_FORMATS: readonly OutputFormat[] = ["table", "json", "yaml"];

/** Reads a format. */
export const readFormat: (text: string) => OutputFormat = choiceReader(OUTPUT_FORMATS);

/** Reads how long one question may take, connecting included. */
export const readRequestTimeoutMs: (text: string) => number = durationReader({
  minMs: 10,
  maxMs: 3_600_000,
});

/** Everything that commands share. */
export interface Settings {
  /** As typed. `ASSET_GENERATOR_API_URL`. */
  readonly apiUrl: Setting<string>;
  /** Secret: the `Authorization` header. `ASSET_GENERATOR_API_KEY`. */
  readonly apiKey: Setting<string | null>;
  /** Secret: the account's cookie `swarm_token`. `ASSET_GENERATOR_TOKEN`. */
  readonly token: Setting<string | null>;
  /** The directory scope's state file. `ASSET_GENERATOR_STATE_FILE`. */
  readonly stateFile: Setting<string>;
  /** `ASSET_GENERATOR_FORMAT`. */
  readonly format: Setting<OutputFormat>;
  /** Deadline of each question, in milliseconds. `ASSET_GENERATOR_REQUEST_TIMEOUT`. */
  readonly requestTimeoutMs: Setting<number>;
  /** The model to generate with, where no option says it. `ASSET_GENERATOR_MODEL`. */
  readonly model: Setting<string | null>;
}

/** What options said; what is absent was not given. A command's own options may hold more. */
export interface SettingOptions {
  readonly apiUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly token?: string | undefined;
  readonly stateFile?: string | undefined;
  readonly format?: OutputFormat | undefined;
  readonly requestTimeout?: number | undefined;
  readonly model?: string | undefined;
}

/** A place that holds settings as text. */
export interface SettingLayer {
  readonly source: SettingSource;
  /** The name of a setting here, for messages: `apiUrl` → `ASSET_GENERATOR_API_URL`. */
  placeOf(name: keyof Settings): string;
  /** `undefined`: not set here. */
  read(name: keyof Settings): string | undefined;
}

/** The variable that holds a setting: `apiUrl` → `ASSET_GENERATOR_API_URL`. */
export function variableOf(name: keyof Settings): string {
  const words = name.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => `_${letter}`);
  return `ASSET_GENERATOR_${words.toUpperCase()}`;
}

/** The environment as a layer. An empty variable counts as not set, as is the custom. */
export function environmentLayer(environment: Environment): SettingLayer {
  return {
    source: "environment",
    placeOf: variableOf,
    read: (name) => environment.get(variableOf(name)) || undefined,
  };
}

/**
 * Resolves all settings.
 *
 * @param options What the command line says; it wins.
 * @param from.layers Other places, the strongest first.
 * @param from.stateFile The state file where nobody names one.
 * @throws {UsageError} If a layer holds a value that makes no sense and no stronger one hides it.
 */
export function resolveSettings(options: SettingOptions, from: {
  readonly layers: readonly SettingLayer[];
  readonly stateFile: string;
}): Settings {
  function resolve<T, D>(name: keyof Settings, how: {
    readonly option: T | undefined;
    readonly read: (text: string) => T;
    readonly fallback: D;
    readonly isSecret?: boolean;
  }): Setting<T | D> {
    if (how.option !== undefined) return { value: how.option, source: "option" };
    for (const layer of from.layers) {
      const text = layer.read(name);
      if (text === undefined) continue;
      return { value: readFrom(layer.placeOf(name), { ...how, text }), source: layer.source };
    }
    return { value: how.fallback, source: "default" };
  }
  const secret = { read: readSecret, fallback: null, isSecret: true };
  return {
    apiUrl: resolve("apiUrl", {
      option: options.apiUrl,
      read: readServerUrl,
      fallback: DEFAULTS.apiUrl,
    }),
    apiKey: resolve("apiKey", { option: options.apiKey, ...secret }),
    token: resolve("token", { option: options.token, ...secret }),
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
  };
}

const DEFAULTS: {
  readonly apiUrl: string;
  readonly format: OutputFormat;
  readonly requestTimeoutMs: number;
} = { apiUrl: "http://127.0.0.1:7801", format: "table", requestTimeoutMs: 5000 };

/** The port to environment variables. */
export interface Environment {
  /** A variable's value; `undefined` if it is not set or may not be read. Never prompts. */
  get(name: string): string | undefined;
  /** Says whether a variable may be read, set or not. */
  mayRead(name: string): boolean;
}
