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
import { listOf, quote, readFrom, readServerName } from "../values.ts";
import type { ConfigMap, ConfigNode, FoundConfig } from "./config_file.ts";
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

const NOTHING: ConfigMap = new Map();

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
  const { values } = file;
  checkKeys(values, TOP_KEYS, { file, section: "" });
  const servers = mapAt(values, SERVERS, { file, section: "" });
  const entries = new Map<string, ConfigMap>();
  for (const name of servers.keys()) {
    if (asksMany && name !== wanted?.value) continue;
    const section = `${SERVERS}.${name}.`;
    readFrom(placeIn(file, SERVERS), { text: name, read: readServerName });
    const entry = mapAt(servers, name, { file, section: `${SERVERS}.` });
    checkKeys(entry, SERVER_KEYS, { file, section });
    entries.set(name, entry);
  }
  const chosen = wanted ?? (asksMany ? NO_SERVER : defaultServer(file));
  const entry = chosen.value === null ? undefined : entries.get(chosen.value);
  if (chosen.value !== null && entry === undefined) throw noSuchServer(chosen, entries, file);
  const server = entry && layerOf(entry, {
    file,
    section: `${SERVERS}.${chosen.value}.`,
    source: "server",
  });
  return {
    config: layerOf(values, { file, section: "", source: "config" }),
    server,
    chosen,
    secrets: [values, ...servers.values()].flatMap(secretsOf),
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
  function read(name: string, from: { readonly map: ConfigMap; readonly section: string }): void {
    const option = table[name];
    const node = from.map.get(keyOf(name));
    if (option === undefined || option.refused !== undefined || given[name] !== undefined) return;
    for (const text of textsOf(node, option, placeIn(file, `${from.section}${keyOf(name)}`))) {
      defaults[name] = readFrom(placeIn(file, `${from.section}${keyOf(name)}`), {
        text,
        isSecret: option.isSecret,
        read: (value) => option.read(value, defaults[name]),
      });
    }
  }
  for (const [name, rivals] of Object.entries(SHARED)) {
    if (!rivals.some((each) => given[each])) read(name, { map: file.values, section: "" });
  }
  if (defaults["quiet"] && defaults["verbose"]) {
    throw new UsageError(
      `Cannot use quiet and verbose together in ${file.path}: they contradict each other`,
    );
  }
  if (own === undefined) return defaults;
  const { section } = own;
  const map = mapAt(file.values, section, { file, section: "" });
  const names = generateNames(table);
  // The original tool has options that this one does not have.
  if (file.kind !== "original") {
    checkKeys(map, names.map(keyOf), { file, section: `${section}.` });
  }
  // The model is a setting, which can also be in the environment.
  for (const name of names) if (name !== "model") read(name, { map, section: `${section}.` });
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
function defaultServer(file: FoundConfig): Setting<string | null> {
  const place = placeIn(file, DEFAULT_SERVER);
  const text = textAt(file.values, DEFAULT_SERVER, place);
  if (text === undefined) return NO_SERVER;
  return { value: readFrom(place, { text, read: readServerName }), source: "config", place };
}

function noSuchServer(
  chosen: Setting<string | null>,
  entries: ReadonlyMap<string, ConfigMap>,
  file: FoundConfig,
): UsageError {
  const names = [...entries.keys()];
  const name = chosen.value ?? "";
  return new UsageError(
    `Cannot use ${chosen.place} ${quote(name)}: ${file.path} names no such server (` +
      `${nearestHint(suggest(name, names), names)})`,
  );
}

/** The settings of a map as a layer. */
function layerOf(map: ConfigMap, of: {
  readonly file: FoundConfig;
  readonly section: string;
  readonly source: "server" | "config";
}): SettingLayer {
  const placeOf = (name: SettingName): string => placeIn(of.file, of.section + pathOf(name));
  return {
    source: of.source,
    placeOf,
    read: (name) => {
      if (name !== "model") {
        const text = textAt(map, settingKeyOf(name), placeOf(name));
        return text !== undefined && /File$/.test(name) ? of.file.resolve(text) : text;
      }
      // Only the file has it, with the other defaults of its command.
      if (of.source === "server") return undefined;
      return textAt(mapAt(map, GENERATE, of), "model", placeOf(name));
    },
    headers: () => [
      ...headersAt(map, HEADERS, of).map(({ name, text, place }) =>
        ({ kind: "value", place, name, text }) as const
      ),
      ...headersAt(map, HEADER_FILES, of).map(({ name, text, place }) =>
        ({ kind: "value", place, name, file: of.file.resolve(text) }) as const
      ),
    ],
  };
}

/** Headers by their names, in one of the two maps for them. */
function headersAt(
  map: ConfigMap,
  key: string,
  { file, section }: Where,
): readonly { readonly name: string; readonly text: string; readonly place: string }[] {
  const headers = mapAt(map, key, { file, section });
  return [...headers.keys()].flatMap((name) => {
    const place = placeIn(file, `${section}${key}.${name}`);
    const text = textAt(headers, name, place);
    return text === undefined ? [] : [{ name, text, place }];
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

/** The place of a name, for errors. */
interface Where {
  readonly file: FoundConfig;
  /** With a dot at its end; empty: the top. */
  readonly section: string;
}

function placeIn({ path }: FoundConfig, key: string): string {
  return `${key} in ${path}`;
}

function textAt(map: ConfigMap, key: string, place: string): string | undefined {
  const value = map.get(key);
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw new UsageError(`Cannot use ${place}: expected one value`);
  return value;
}

function mapAt(map: ConfigMap, key: string, { file, section }: Where): ConfigMap {
  const value = map.get(key) ?? "";
  if (value === "") return NOTHING;
  if (value instanceof Map) return value;
  throw new UsageError(
    `Cannot use ${placeIn(file, section + key)}: expected settings below it, each \`name: value\``,
  );
}

/** @throws {UsageError} If a map contains an unknown name. */
function checkKeys(map: ConfigMap, known: readonly string[], { file, section }: Where): void {
  for (const key of map.keys()) {
    if (known.includes(key)) continue;
    const near = suggest(key, known).map((each) => section + each);
    const hint = near.length > 0 ? ` (did you mean ${listOf(near)}?)` : "";
    throw new UsageError(
      `Cannot use ${quote(section + key)} in ${file.path}: there is no such setting${hint}`,
    );
  }
}
