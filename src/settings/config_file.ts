/** Finds the configuration file: where it is by the user's wishes and the platform's habits. */
import { AppError, systemReason, UsageError } from "../errors.ts";
import { lookAt } from "../system/look_at.ts";
import { resolvePath, splitPath } from "../system/path_parts.ts";
import type { EnvironmentReader } from "../system/paths.ts";
import { missingFlags, notAllowed } from "../system/permissions.ts";
import type { ConfigMap } from "./config_node.ts";

/** A file that may hold settings. */
export interface ConfigPlace {
  /** Absolute, except for a relative name whose working directory is gone. */
  readonly path: string;
  /**
   * `named`: by `--config` or `ASSET_GENERATOR_CONFIG`. `own`: where the platform keeps such files.
   * `original`: where the original tool kept its own.
   */
  readonly kind: "named" | "own" | "original";
}

/** A configuration file that was read. */
export interface FoundConfig extends ConfigPlace {
  readonly values: ConfigMap;
  /**
   * Resolves a path as the file means it: relative to its own directory; `~/` is the home
   * directory.
   */
  resolve(path: string): string;
}

/** The result of looking for the file. */
export interface ConfigSearch {
  /** `null`: there is none, or none that may be read. */
  readonly found: FoundConfig | null;
  /** Why files were not read, one line each, for `--verbose`. */
  readonly unread: readonly string[];
}

/** Names that mean no file. */
const NO_FILE: readonly string[] = ["/dev/null", "NUL"];

/**
 * Reads the configuration file. A file that nobody named is read only if it exists and Deno allows
 * it; `/dev/null` stands for no file.
 *
 * @param named The value of `--config` or its variable.
 * @throws {PermissionError} If a named file may not be read.
 * @throws {AppError} If a named file cannot be read, or any file cannot be understood.
 */
export async function searchConfig(
  named: string | undefined,
  environment: EnvironmentReader,
): Promise<ConfigSearch> {
  if (named !== undefined && NO_FILE.includes(named)) return { found: null, unread: [] };
  const unread: string[] = [];
  for (const place of configPlaces(named, environment)) {
    const { path, kind } = place;
    const needs = missingFlags(splitPath(path).directory, { access: ["read"], path });
    if (needs !== null) {
      if (kind === "named") throw notAllowed(`Cannot read the configuration file ${path}`, needs);
      unread.push(`Not looked for settings in ${path}: Deno does not allow it (add ${needs})`);
      continue;
    }
    try {
      // Looked at first: usually there is none, and then nothing is loaded that reads it.
      if (lookAt(path) !== null) {
        const { readConfigFile } = await import("./read_config_file.ts");
        const found = await readConfigFile(place, environment);
        if (found !== null) return { found, unread };
      }
      if (kind !== "named") continue;
      throw new UsageError(
        `Cannot read the configuration file ${path}: no such file (make it with config init)`,
      );
    } catch (error) {
      if (error instanceof AppError) throw error;
      // Such as a HOME that is a file.
      if (error instanceof Deno.errors.NotADirectory && kind !== "named") continue;
      if (isForbidden(error) && kind !== "named") {
        unread.push(`Not looked for settings in ${path}: ${systemReason(error)}`);
        continue;
      }
      throw new UsageError(`Cannot read the configuration file ${path}: ${systemReason(error)}`);
    }
  }
  return { found: null, unread };
}

/** Says whether the system or Deno does not allow to read a file. */
function isForbidden(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable;
}

/**
 * The files that may hold settings, in the order in which they are tried: only the named one, else
 * `$XDG_CONFIG_HOME/asset-generator/config.yaml` (`~/.config/…`; on Windows `%APPDATA%\…`), else
 * `~/.asset-generator/config.yaml`. Variables that are empty or must not be read count as not set;
 * so does a relative `XDG_CONFIG_HOME`, as its specification says, and a relative `HOME`.
 *
 * @param named The value of `--config`, else of its variable.
 * @param options.os A value of `Deno.build.os`; for tests.
 * @throws {UsageError} If the name is `-`, which stands for a stream elsewhere.
 */
export function configPlaces(
  named: string | undefined,
  environment: EnvironmentReader,
  options: { readonly os?: string } = {},
): readonly ConfigPlace[] {
  if (named === "-") {
    throw new UsageError(
      'Cannot use "-" as configuration file: it stands for a stream (a file of this name is ./-)',
    );
  }
  if (named !== undefined) return [{ path: resolvePath(named), kind: "named" }];
  const isWindows = (options.os ?? Deno.build.os) === "windows";
  const home = homeOf(environment, isWindows);
  const own = isWindows ? windowsConfigs(environment, home) : configs(environment, home);
  const places: ConfigPlace[] = [];
  if (own !== null) {
    const parts = ["asset-generator", "config.yaml"];
    places.push({ path: [own, ...parts].join(isWindows ? "\\" : "/"), kind: "own" });
  }
  if (home !== null) {
    const parts = [".asset-generator", "config.yaml"];
    places.push({ path: [home, ...parts].join(isWindows ? "\\" : "/"), kind: "original" });
  }
  return places;
}

/**
 * The home directory. A relative one is ignored, because a working directory may belong to anybody.
 */
function homeOf(environment: EnvironmentReader, isWindows: boolean): string | null {
  if (isWindows) return directory(environment, "USERPROFILE");
  const home = environment.get("HOME") ?? "";
  return home.startsWith("/") ? home.replace(/\/+$/, "") : null;
}

function configs(environment: EnvironmentReader, home: string | null): string | null {
  const named = directory(environment, "XDG_CONFIG_HOME");
  if (named?.startsWith("/")) return named;
  return home === null ? null : `${home}/.config`;
}

function windowsConfigs(environment: EnvironmentReader, home: string | null): string | null {
  return directory(environment, "APPDATA") ?? (home === null ? null : `${home}\\AppData\\Roaming`);
}

/** The directory that a variable names, without separators at the end. */
function directory(environment: EnvironmentReader, name: string): string | null {
  const value = environment.get(name) ?? "";
  return value === "" ? null : value.replace(/[/\\]+$/, "");
}
