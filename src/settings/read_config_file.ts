/** Reads the configuration file. Loaded only where there is one. */
import { UsageError } from "../errors.ts";
import { followLinks, ForeignLinkError } from "../system/follow_links.ts";
import { isNotFound } from "../system/look_at.ts";
import { directoriesAbove, resolvePath, splitPath } from "../system/path_parts.ts";
import type { EnvironmentReader } from "../system/paths.ts";
import { missingFlags } from "../system/permissions.ts";
import { readPlainText } from "../system/plain_file.ts";
import type { ConfigMap } from "./config_node.ts";
import { CONFIG_LIMITS } from "./config_node.ts";
import type { ConfigPlace, FoundConfig } from "./config_file.ts";

/**
 * Refuses a file that nobody named and everybody can write or put there: it could say where
 * credentials are sent. A group may write it, because many systems give new files to a group of the
 * user's own.
 *
 * @throws {UsageError} If everybody can write it, its directory, or one of those above it up to the
 * home directory. A sticky one counts too: where no file is, everybody can make one.
 */
function requireClosed(path: string, environment: EnvironmentReader): void {
  refuseOpen([path], path);
  requireClosedAround(path, environment);
}

/**
 * Refuses a place for such a file as `requireClosed()` does, whether there is a file or not.
 *
 * @throws {UsageError} If everybody can write its directory, or one of those above it.
 */
export function requireClosedAround(path: string, environment: EnvironmentReader): void {
  const { directory } = splitPath(path);
  refuseOpen([directory, ...directoriesUpToHome(directory, environment)], path);
}

/** What is not there yet will be closed. */
function refuseOpen(places: readonly string[], path: string): void {
  if (Deno.build.os === "windows") return;
  for (const place of places) {
    if (((modeOf(place) ?? 0) & 0o002) === 0) continue;
    throw new UsageError(
      `Cannot use the configuration file ${path}: other users can change it (close it with ` +
        `chmod o-w ${place}, or name it with --config)`,
    );
  }
}

function modeOf(path: string): number | null {
  try {
    return Deno.statSync(path).mode;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/**
 * The directories above one, up to the one that the environment names, as far as Deno may look at
 * them.
 */
function directoriesUpToHome(
  directory: string,
  environment: EnvironmentReader,
): readonly string[] {
  const ends = ["HOME", "XDG_CONFIG_HOME"].map((name) =>
    (environment.get(name) ?? "").replace(/\/+$/, "") || "/"
  );
  const places = [directory, ...directoriesAbove(directory)];
  const end = places.findIndex((place) => ends.includes(place));
  return places.slice(1, end < 0 ? undefined : end + 1)
    .filter((place) => missingFlags(place, { access: ["read"] }) === null);
}

function pathIn(file: string, written: string, environment: EnvironmentReader): string {
  const home = environment.get(Deno.build.os === "windows" ? "USERPROFILE" : "HOME") ?? "";
  const path = /^~[/\\]/.test(written) && home !== "" ? home + written.slice(1) : written;
  return resolvePath(path, splitPath(file).directory);
}

/**
 * Reads the file at a place; `null` if there is none.
 *
 * @throws {UsageError} If everybody can write it or put it there, and nobody named it; if another
 * user may have made a link on the way to it.
 * @throws {ConfigTextError} If it cannot be understood.
 * @throws As `readConfigText()`.
 */
export async function readConfigFile(
  place: ConfigPlace,
  environment: EnvironmentReader,
): Promise<FoundConfig | null> {
  const { path, kind } = place;
  const text = await readConfigText(path).catch((error) => {
    if (!(error instanceof ForeignLinkError)) throw error;
    throw new UsageError(`Cannot use the configuration file ${path}: ${error.message}`);
  });
  if (text === null) return null;
  if (kind !== "named") requireClosed(path, environment);
  const values = await readConfigValues(text);
  return { ...place, values, resolve: (written) => pathIn(path, written, environment) };
}

/**
 * The text of a configuration file; `null` if there is none. A link is followed: many people keep
 * such files elsewhere.
 *
 * @throws What the system throws, and if it is not a plain file or is too large.
 */
export async function readConfigText(path: string): Promise<string | null> {
  try {
    return await readPlainText(followLinks(path), {
      maxBytes: CONFIG_LIMITS.bytes,
      atOnce: true,
    });
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
