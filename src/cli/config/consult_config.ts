/** Reads the configuration file, after the command line was parsed and before anything else. */
import { UsageError } from "../../errors.ts";
import type { AcceptedCommand } from "../command.ts";
import type { Context } from "../context.ts";
import type { Setting } from "../setting.ts";
import type { SettingLayer } from "../setting_layers.ts";
import { NO_SERVER, variableOf } from "../settings.ts";
import { quote, readFrom, readServerName } from "../values.ts";
import type { ConfigSearch, FoundConfig } from "./config_file.ts";
import type { ReadServers } from "./read_config.ts";

/** What the configuration file adds to the command line. */
export interface ConfigAdds {
  /** The file; `null`: there is none, or none that may be read. */
  readonly file: FoundConfig | null;
  readonly config?: SettingLayer;
  readonly server?: SettingLayer | undefined;
  readonly chosen: Setting<string | null>;
  /** Defaults of the command's options. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Secrets in the file, of all servers. */
  readonly secrets: readonly string[];
  /** Why files were not read, for `--verbose`. */
  readonly unread: readonly string[];
}

/**
 * Finds the configuration file, and reads it if there is one.
 *
 * @throws {AppError} If it was named and cannot be read, or makes no sense, or does not have the
 * chosen server.
 */
export async function consultConfig(
  command: Pick<AcceptedCommand, "options" | "table" | "defaults" | "asksMany">,
  { environment, searchConfig }: Pick<Context, "environment" | "searchConfig">,
): Promise<ConfigAdds> {
  const { options, table, defaults, asksMany } = command;
  if (!asksServer(table) && !usesRedis(table)) return { ...NOTHING, unread: [] };
  const search = await searchConfig(
    options.config ?? (environment.get(variableOf("config")) || undefined),
  );
  const wanted = asksMany ? null : chosenServer(options.server, environment);
  const adds = await addConfig(search, wanted, { asksMany });
  if (adds.file === null) return adds;
  const { readOptionDefaults } = await import("./read_config.ts");
  const given = { ...options };
  return { ...adds, defaults: readOptionDefaults(adds.file, { table, given, defaults }) };
}

/**
 * The settings of a file, without its defaults for options.
 *
 * @param wanted The server that was chosen on the command line or in the environment.
 * @throws {UsageError} If the file makes no sense, or has no such server.
 */
export async function addConfig(
  { found, unread }: ConfigSearch,
  wanted: Setting<string> | null,
  how: ReadServers = { asksMany: false },
): Promise<ConfigAdds> {
  if (found === null) {
    if (wanted !== null) {
      throw new UsageError(
        `Cannot use ${wanted.place} ${quote(wanted.value)}: there is no configuration file to ` +
          `name servers${unread.length > 0 ? `. ${unread[0]}` : " (make one with config init)"}`,
      );
    }
    return { ...NOTHING, unread };
  }
  const { readConfigSettings } = await import("./read_config.ts");
  if (found.kind !== "original") {
    return { ...NOTHING, file: found, ...readConfigSettings(found, wanted, how), unread };
  }
  const { translateOriginal } = await import("./original_config.ts");
  const { file, leftOut } = translateOriginal(found);
  const note = `Left out of ${found.path}: ${leftOut.join(", ")}`;
  return {
    ...NOTHING,
    file,
    ...readConfigSettings(file, wanted, how),
    unread: leftOut.length === 0 ? unread : [...unread, note],
  };
}

const NOTHING = { file: null, chosen: NO_SERVER, defaults: {}, secrets: [] };

/** Says whether a command asks a server; others need no credentials. */
export function asksServer(table: AcceptedCommand["table"]): boolean {
  return table["token"]?.refused === undefined;
}

/** The server that the command line or the environment chooses. */
export function chosenServer(
  option: string | undefined,
  environment: Context["environment"],
): Setting<string> | null {
  if (option !== undefined) return { value: option, source: "option", place: "--server" };
  const place = variableOf("server");
  const text = environment.get(place) || undefined;
  if (text === undefined) return null;
  return { value: readFrom(place, { text, read: readServerName }), source: "environment", place };
}

/** Says whether a command reads or keeps what Redis may hold. */
export function usesRedis(table: AcceptedCommand["table"]): boolean {
  return table["redisUrl"]?.refused === undefined;
}
