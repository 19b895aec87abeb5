/** Finds the configuration file. */
import { AppError, systemReason, UsageError } from "../errors.ts";
import { splitPath } from "../system/path_parts.ts";
import type { EnvironmentReader } from "../system/paths.ts";
import { missingFlags, notAllowed } from "../system/permissions.ts";
import { lookAt } from "../system/plain_file.ts";
import type { ConfigMap } from "./config_node.ts";
import type { ConfigPlace } from "./config_place.ts";
import { configPlaces } from "./config_place.ts";

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
      unread.push(`Not looked for settings in ${path}: Deno does not allow it (run with ${needs})`);
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
