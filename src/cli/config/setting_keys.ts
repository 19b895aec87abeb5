/**
 * The names of settings in the configuration file: those of the options, and the sections.
 * Everything that reads, checks, shows, changes or completes them uses this list.
 */
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { AnyOption } from "../option.ts";
import { writeOption } from "../option.ts";
import type { ConfigMap } from "./config_file.ts";

/** A setting of the file. */
export interface SettingKey {
  /** Its name in the file: `api-url`. */
  readonly key: string;
  /** The option of the same name, which says how its value is read. */
  readonly option: AnyOption;
  /** Whether the entry of a server can hold it too. */
  readonly isOfServer: boolean;
}

/** The section whose entries are servers. */
export const SERVERS = "servers";
/** The section whose keys are defaults of the options of `generate image`. */
export const GENERATE = "generate";
/** The entry that is used if nothing else chooses one. */
export const DEFAULT_SERVER = "default-server";

/** Maps of headers to their values, and to files that hold them. */
export const HEADERS = "headers";
export const HEADER_FILES = "header-files";

const OF_SERVER: readonly (keyof GlobalOptions)[] = [
  "apiUrl",
  "apiKey",
  "apiKeyFile",
  "token",
  "tokenFile",
  "requestTimeout",
];
const OF_ALL: readonly (keyof GlobalOptions)[] = [
  "stateFile",
  "redisUrl",
  "redisUrlFile",
  "redisPrefix",
  "redisShareSessions",
  "format",
  "quiet",
  "verbose",
  "color",
];

/** All settings except sections, in the order in which they are shown. */
export const SETTING_KEYS: readonly SettingKey[] = [
  ...OF_SERVER.map((name) => settingKey(name, true)),
  ...OF_ALL.map((name) => settingKey(name, false)),
];

/** The names at the top of the file. */
export const TOP_KEYS: readonly string[] = [
  DEFAULT_SERVER,
  SERVERS,
  ...SETTING_KEYS.map(({ key }) => key),
  HEADERS,
  HEADER_FILES,
  GENERATE,
];

/** The names in the entry of a server. */
export const SERVER_KEYS: readonly string[] = [
  ...SETTING_KEYS.filter(({ isOfServer }) => isOfServer).map(({ key }) => key),
  HEADERS,
  HEADER_FILES,
];

/** The names of the servers in a file. */
export function serverNames(values: ConfigMap): readonly string[] {
  const servers = values.get(SERVERS);
  return servers instanceof Map ? [...servers.keys()] : [];
}

/**
 * The options of `generate image` that have a default in its section: all except those of all
 * commands.
 */
export function generateNames(table: Readonly<Record<string, AnyOption>>): readonly string[] {
  return Object.entries(table)
    .filter(([name, { bare }]) => !Object.hasOwn(GLOBAL_OPTIONS, name) && bare === undefined)
    .map(([name]) => name);
}

/** An option's name in the file: `apiUrl` → `api-url`. */
export function keyOf(name: string): string {
  return writeOption(name).slice(2);
}

function settingKey(name: keyof GlobalOptions, isOfServer: boolean): SettingKey {
  return { key: keyOf(name), option: GLOBAL_OPTIONS[name], isOfServer };
}
