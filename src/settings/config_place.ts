/**
 * Where the configuration file is, by the user's wishes and the platform's habits. Touches no file.
 */
import { UsageError } from "../errors.ts";
import { resolvePath } from "../system/path_parts.ts";
import type { EnvironmentReader } from "../system/paths.ts";

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
