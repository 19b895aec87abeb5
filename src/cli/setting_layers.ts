/** What settings there are, and the places that hold them. */
import type {
  CredentialLayer,
  CredentialName,
  CredentialOptions,
  CredentialSettings,
  ReadSecretFile,
} from "./credentials.ts";
import type { Setting } from "./setting.ts";

/** How a result is written. */
export type OutputFormat = "table" | "json" | "yaml";

/** Everything that commands share. */
export interface Settings extends CredentialSettings {
  /** As it was typed. `ASSET_GENERATOR_API_URL`. */
  readonly apiUrl: Setting<string>;
  /** The directory scope's state file. `ASSET_GENERATOR_STATE_FILE`. */
  readonly stateFile: Setting<string>;
  /** `ASSET_GENERATOR_FORMAT`. */
  readonly format: Setting<OutputFormat>;
  /** Time limit of each question, in milliseconds. `ASSET_GENERATOR_REQUEST_TIMEOUT`. */
  readonly requestTimeoutMs: Setting<number>;
  /** The model to generate with, if no option names one. `ASSET_GENERATOR_MODEL`. */
  readonly model: Setting<string | null>;
  /**
   * The Redis that holds the network scope, with its password; `null`: none, or the command keeps no
   * records. `ASSET_GENERATOR_REDIS_URL`.
   */
  readonly redisUrl: Setting<string | null>;
  /** What all keys on Redis begin with. `ASSET_GENERATOR_REDIS_PREFIX`. */
  readonly redisPrefix: Setting<string>;
  /** Whether server sessions are shared by Redis. `ASSET_GENERATOR_REDIS_SHARE_SESSIONS`. */
  readonly redisShareSessions: Setting<boolean>;
  /** The chosen entry of the configuration file. `ASSET_GENERATOR_SERVER`. */
  readonly server: Setting<string | null>;
}

/** The settings given as options; absent: not given. A command's own options may hold more. */
export interface SettingOptions extends CredentialOptions {
  readonly apiUrl?: string | undefined;
  readonly stateFile?: string | undefined;
  readonly format?: OutputFormat | undefined;
  readonly requestTimeout?: number | undefined;
  readonly model?: string | undefined;
  readonly redisPrefix?: string | undefined;
  readonly redisShareSessions?: boolean | undefined;
}

/** The settings that a place can hold as text. */
export type SettingName =
  | Exclude<keyof Settings, "server" | "headers">
  | CredentialName;

/** A place that holds settings as text. */
export interface SettingLayer extends CredentialLayer {
  /** The name of a setting here, for messages: `apiUrl` → `ASSET_GENERATOR_API_URL`. */
  placeOf(name: SettingName): string;
  /** `undefined`: not set here. */
  read(name: SettingName): string | undefined;
}

/** The environment, and what the configuration file adds. */
export interface SettingLayers {
  readonly environment: SettingLayer;
  /** The chosen entry of `servers`. */
  readonly server?: SettingLayer | undefined;
  /** The rest of the file. */
  readonly config?: SettingLayer | undefined;
  /** Which entry was chosen, and where that was said. */
  readonly chosen?: Setting<string | null>;
  /**
   * Whether other servers are asked too: then an environment that names no server belongs to none
   * of them.
   */
  readonly isOneOfMany?: boolean;
  /** Whether no single server is meant: the address stays the default, whatever the layers say. */
  readonly asksMany?: boolean;
  /** The default state file. */
  readonly stateFile: string;
  /** Reads files that hold secrets; `null`: the command asks no server, so they are not needed. */
  readonly readSecretFile: ReadSecretFile | null;
  /**
   * Reads the file that holds the address of Redis; `null`: the command has no use for Redis.
   * @default {readSecretFile}
   */
  readonly readRedisFile?: ReadSecretFile | null;
  /** The token that `login` got for an address, used where nothing else gives one. @default {none} */
  readonly storedToken?: (address: string) => Promise<string | null>;
}

/** The port for environment variables. */
export interface Environment {
  /** A variable's value; `undefined` if it is not set or must not be read. Never prompts. */
  get(name: string): string | undefined;
  /** Says whether a variable may be read, set or not. */
  mayRead(name: string): boolean;
}
