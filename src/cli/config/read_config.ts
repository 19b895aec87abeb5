/**
 * Reads a configuration file into layers of settings and defaults of options. Loaded only if there
 * is a file.
 */
import { UsageError } from "../../errors.ts";
import type { OptionDefaults } from "../command.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { AnyOption } from "../option.ts";
import type { Setting } from "../setting.ts";
import type { SettingLayer, SettingName } from "../setting_layers.ts";
import { NO_SERVER } from "../settings.ts";
import { nearestHint, suggest } from "../suggest.ts";
import { quote, readFrom, readServerName } from "../values.ts";
import type { ConfigNode, FoundConfig } from "./config_file.ts";
import { ConfigSection } from "./config_section.ts";
import {
  DEFAULT_SERVER,
  GENERATE,
  generateNames,
  HEADER_FILES,
  HEADERS,
  keyOf,
  SERVER_KEYS,
  SERVERS,
  SETTING_KEYS,
  TOP_KEYS,
} from "./setting_keys.ts";

/** The settings of a file. */
export interface ConfigSettings {
  readonly config: SettingLayer;
  /** The chosen entry of `servers`; `undefined`: none was chosen. */
  readonly server: SettingLayer | undefined;
  readonly chosen: Setting<string | null>;
  /** Secrets in the file, of all servers. */
  readonly secrets: readonly string[];
}

/** Whether a command asks one of the file's servers, or many, each with its own errors. */
export interface ReadServers {
  readonly asksMany: boolean;
}

/**
 * Reads the settings of a file; each value is read only if it is needed. All names are checked, or,
 * for a command that asks many servers, only those of the wanted entry.
 *
 * @param wanted The entry that was chosen on the command line or in the environment.
 * @throws {UsageError} If it contains an unknown name, or has no such entry.
 */
export function readConfigSettings(
  file: FoundConfig,
  wanted: Setting<string> | null,
  { asksMany }: ReadServers = { asksMany: false },
): ConfigSettings {
  const top = new ConfigSection(file);
  top.checkKeys(TOP_KEYS);
  const servers = top.section(SERVERS);
  const entries = new Map<string, ConfigSection>();
  for (const name of servers.values.keys()) {
    if (asksMany && name !== wanted?.value) continue;
    readFrom(top.placeOf(SERVERS), { text: name, read: readServerName });
    const entry = servers.section(name);
    entry.checkKeys(SERVER_KEYS);
    entries.set(name, entry);
  }
  const chosen = wanted ?? (asksMany ? NO_SERVER : defaultServer(top));
  const entry = chosen.value === null ? undefined : entries.get(chosen.value);
  if (chosen.value !== null && entry === undefined) throw noSuchServer(chosen, entries, file);
  return {
    config: layerOf(top, "config"),
    server: entry && layerOf(entry, "server"),
    chosen,
    secrets: [file.values, ...servers.values.values()].flatMap(secretsOf),
  };
}

/** A command's options, for their defaults in the file. */
export interface DefaultsOf {
  readonly table: Readonly<Record<string, AnyOption>>;
  /** The options on the command line. */
  readonly given: Partial<GlobalOptions> & Readonly<Record<string, unknown>>;
  /** The section of the command's own options; `undefined`: it has none. */
  readonly defaults?: OptionDefaults | undefined;
}

/**
 * Options of all commands that have a default in the file, and which of them exclude each other.
 */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  quiet: ["quiet", "verbose"],
  verbose: ["quiet", "verbose"],
  color: ["color", "noColor"],
};

/**
 * The defaults of a command's options in a file, without those that are on the command line.
 *
 * @throws {UsageError} If a value makes no sense, or there is no such option.
 */
export function readOptionDefaults(
  file: FoundConfig,
  { table, given, defaults: own }: DefaultsOf,
): Readonly<Record<string, unknown>> {
  const defaults: Record<string, unknown> = {};
  function read(name: string, section: ConfigSection): void {
    const option = table[name];
    if (option === undefined || option.refused !== undefined || given[name] !== undefined) return;
    const place = section.placeOf(keyOf(name));
    for (const text of textsOf(section.values.get(keyOf(name)), option, place)) {
      defaults[name] = readFrom(place, {
        text,
        isSecret: option.isSecret,
        read: (value) => option.read(value, defaults[name]),
      });
    }
  }
  const top = new ConfigSection(file);
  for (const [name, rivals] of Object.entries(SHARED)) {
    if (!rivals.some((each) => given[each])) read(name, top);
  }
  if (defaults["quiet"] && defaults["verbose"]) {
    throw new UsageError(
      `Cannot use quiet and verbose together in ${file.path}: they contradict each other`,
    );
  }
  if (own === undefined) return defaults;
  const section = top.section(own.section);
  const names = generateNames(table);
  // The original tool has options that this one does not have.
  if (file.kind !== "original") section.checkKeys(names.map(keyOf));
  // The model is a setting, which can also be in the environment.
  for (const name of names) if (name !== "model") read(name, section);
  return { ...own.applicable(given, defaults) };
}

/** The texts of an option's value; empty if it is empty. */
function textsOf(
  node: ConfigNode | undefined,
  option: AnyOption,
  place: string,
): readonly string[] {
  if (node === undefined || node === "") return [];
  if (typeof node === "string") return [node];
  if (option.kind === "list" && Array.isArray(node)) {
    return node.map((each) => {
      if (typeof each === "string") return each;
      throw new UsageError(`Cannot use ${place}: expected a list of values`);
    });
  }
  throw new UsageError(
    `Cannot use ${place}: expected ${option.kind === "list" ? "values" : "one value"}`,
  );
}

/** The entry that the file itself chooses. */
function defaultServer(top: ConfigSection): Setting<string | null> {
  const text = top.text(DEFAULT_SERVER);
  if (text === undefined) return NO_SERVER;
  const place = top.placeOf(DEFAULT_SERVER);
  return { value: readFrom(place, { text, read: readServerName }), source: "config", place };
}

function noSuchServer(
  chosen: Setting<string | null>,
  entries: ReadonlyMap<string, ConfigSection>,
  file: FoundConfig,
): UsageError {
  const names = [...entries.keys()];
  const name = chosen.value ?? "";
  return new UsageError(
    `Cannot use ${chosen.place} ${quote(name)}: ${file.path} names no such server (` +
      `${nearestHint(suggest(name, names), names)})`,
  );
}

/** The settings of a section as a layer. */
function layerOf(section: ConfigSection, source: "server" | "config"): SettingLayer {
  const { file } = section;
  return {
    source,
    placeOf: (name) => section.placeOf(pathOf(name)),
    read: (name) => {
      if (name !== "model") {
        const text = section.text(settingKeyOf(name));
        return text !== undefined && /File$/.test(name) ? file.resolve(text) : text;
      }
      // Only the file has it, with the other defaults of its command.
      return source === "server" ? undefined : section.section(GENERATE).text("model");
    },
    headers: () => [
      ...headersIn(section.section(HEADERS)).map(({ name, text, place }) =>
        ({ kind: "value", place, name, text }) as const
      ),
      ...headersIn(section.section(HEADER_FILES)).map(({ name, text, place }) =>
        ({ kind: "value", place, name, file: file.resolve(text) }) as const
      ),
    ],
  };
}

/** Headers by their names, in one of the two sections for them. */
function headersIn(
  headers: ConfigSection,
): readonly { readonly name: string; readonly text: string; readonly place: string }[] {
  return [...headers.values.keys()].flatMap((name) => {
    const text = headers.text(name);
    return text === undefined ? [] : [{ name, text, place: headers.placeOf(name) }];
  });
}

function pathOf(name: SettingName): string {
  return name === "model" ? `${GENERATE}.model` : settingKeyOf(name);
}

function settingKeyOf(name: SettingName): string {
  return keyOf(name.replace(/Ms$/, ""));
}

function secretsOf(map: ConfigNode): readonly string[] {
  if (!(map instanceof Map)) return [];
  const headers = map.get(HEADERS);
  return [
    ...SETTING_KEYS.map(({ key, option }) => option.isSecret ? map.get(key) : undefined),
    ...headers instanceof Map ? headers.values() : [],
  ].filter((value) => typeof value === "string");
}
