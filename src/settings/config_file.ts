/** Finds and reads the configuration file. */
import { AppError, systemReason, UsageError } from "../errors.ts";
import { followLinks } from "../system/follow_links.ts";
import { resolvePath, splitPath } from "../system/path_parts.ts";
import type { EnvironmentReader } from "../system/paths.ts";
import { missingFlags, notAllowed } from "../system/permissions.ts";
import { isNotFound, lookAt, readPlainText } from "../system/plain_file.ts";
import type { ConfigMap } from "./config_node.ts";
import { CONFIG_LIMITS } from "./config_node.ts";
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
      // Looked at first, because usually there is none.
      const isThere = lookAt(path) !== null;
      const text = isThere ? await readConfigText(path) : null;
      if (text !== null && kind !== "named") requireClosed(path);
      if (text === null && kind !== "named") continue;
      if (text === null) {
        throw new UsageError(
          `Cannot read the configuration file ${path}: no such file (make it with config init)`,
        );
      }
      const values = await readConfigValues(text);
      const resolve = (written: string): string => pathIn(path, written, environment);
      return { found: { ...place, values, resolve }, unread };
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (isForbidden(error) && kind !== "named") {
        unread.push(`Not looked for settings in ${path}: ${systemReason(error)}`);
        continue;
      }
      throw new UsageError(`Cannot read the configuration file ${path}: ${systemReason(error)}`);
    }
  }
  return { found: null, unread };
}

/**
 * Refuses a file that nobody named and everybody can write: it could say where credentials are
 * sent. A group may write it, because many systems give new files to a group of the user's own.
 *
 * @throws {UsageError} If everybody can write it.
 */
function requireClosed(path: string): void {
  if (Deno.build.os === "windows") return;
  for (const place of [path, splitPath(path).directory]) {
    const { mode } = Deno.statSync(place);
    if (((mode ?? 0) & 0o002) === 0) continue;
    throw new UsageError(
      `Cannot use the configuration file ${path}: other users can change it (close it with ` +
        `chmod o-w ${place})`,
    );
  }
}

function pathIn(file: string, written: string, environment: EnvironmentReader): string {
  const home = environment.get(Deno.build.os === "windows" ? "USERPROFILE" : "HOME") ?? "";
  const path = /^~[/\\]/.test(written) && home !== "" ? home + written.slice(1) : written;
  return resolvePath(path, splitPath(file).directory);
}

/** Says whether the system or Deno does not allow to read a file. */
function isForbidden(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable;
}

/**
 * The text of a configuration file; `null` if there is none. A link is followed: many people keep
 * such files elsewhere.
 *
 * @throws What the system throws, and if it is not a plain file or is too large.
 */
export async function readConfigText(path: string): Promise<string | null> {
  try {
    return await readPlainText(followLinks(path), { maxBytes: CONFIG_LIMITS.bytes });
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/**
 * Parses a file's text.
 *
 * @throws {ConfigTextError} If it cannot be understood.
 */
export async function readConfigValues(text: string): Promise<ConfigMap> {
  const { readPlainYaml } = await import("./plain_yaml.ts");
  const plain = readPlainYaml(text);
  if (plain !== null) return plain;
  const { readFullYaml } = await import("./full_yaml.ts");
  return readFullYaml(text);
}
