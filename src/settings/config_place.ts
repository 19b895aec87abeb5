/** Where the configuration file is, as the user and the platform want it. Touches no file. */
import { resolvePath } from "../system/path_parts.ts";
import type { EnvironmentReader } from "../system/paths.ts";

/** A file that may hold settings. */
export interface ConfigPlace {
  /** Absolute, but for a relative name whose working directory is gone. */
  readonly path: string;
  /**
   * `named`: by `--config` or `ASSET_GENERATOR_CONFIG`. `own`: where the platform keeps such files.
   * `original`: where the tool that this one follows kept its own.
   */
  readonly kind: "named" | "own" | "original";
}

/**
 * The files that may hold settings, in the order in which they are looked for: the named one alone, else
 * `$XDG_CONFIG_HOME/asset-generator/config.yaml` (`~/.config/…`; on Windows `%APPDATA%\…`), else
 * `~/.asset-generator/config.yaml`. Variables that are empty or may not be read count as not set, and
 * so does a relative `XDG_CONFIG_HOME`, as its specification wants, and a relative `HOME`.
 *
 * @param named The value of `--config`, or else of its variable.
 * @param options.os Of `Deno.build.os`; for tests.
 */
export function configPlaces(
  named: string | undefined,
  environment: EnvironmentReader,
  options: { readonly os?: string } = {},
): readonly ConfigPlace[] {
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

/** The home directory; a relative one is ignored, for a working directory may be anybody's. */
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

/** What a variable names, without separators at its end. */
function directory(environment: EnvironmentReader, name: string): string | null {
  const value = environment.get(name) ?? "";
  return value === "" ? null : value.replace(/[/\\]+$/, "");
}
