/**
 * Where this tool keeps its files, by the platform's habits and the user's wishes. Touches no file.
 */
import { resolvePath } from "./path_parts.ts";

const APP_DIRECTORY = "asset-generator";
const STATE_FILE = ".asset-generator-state.json";

/** The environment, as this module uses it. */
export interface EnvironmentReader {
  /** `undefined`: not set, or must not be read. */
  get(name: string): string | undefined;
  /** Says whether it may be read, set or not. */
  mayRead(name: string): boolean;
}

/** Where the user scope is, or why that is not known. */
export interface UserStateDirectory {
  /** Absolute path; `null` if no readable variable gives it. */
  readonly path: string | null;
  /** The flag that is needed to read the variables which could have given it. */
  readonly needs: string | null;
}

/**
 * The private directory of the user scope: `ASSET_GENERATOR_STATE_DIR`, else
 * `$XDG_STATE_HOME/asset-generator`, else `~/.local/state/asset-generator`; on Windows
 * `%LOCALAPPDATA%\asset-generator`. Empty variables count as not set. A relative `XDG_STATE_HOME`
 * is ignored, as its specification says, and so is a relative `HOME`, because a working directory
 * may belong to anybody.
 *
 * Only `path: null` means that there is no user scope. `needs` together with a path means that a
 * variable with priority could not be read.
 *
 * @param options.os A value of `Deno.build.os`; for tests.
 * @param options.cwd What a relative `ASSET_GENERATOR_STATE_DIR` is relative to.
 */
export function userStateDirectory(environment: EnvironmentReader, options: {
  readonly os?: string;
  readonly cwd?: string;
} = {}): UserStateDirectory {
  const unreadable: string[] = [];
  const isWindows = (options.os ?? Deno.build.os) === "windows";
  for (const { name, toPath } of isWindows ? windowsPlaces(options.cwd) : places(options.cwd)) {
    if (!environment.mayRead(name)) {
      unreadable.push(name);
      continue;
    }
    const path = toPath(environment.get(name) ?? "");
    if (path !== null) return { path, needs: envFlag(unreadable) };
  }
  return { path: null, needs: envFlag(unreadable) };
}

/** The user's home directory, if a readable variable gives it; else `null`. */
export function homeDirectory(environment: EnvironmentReader): string | null {
  try {
    const home = environment.mayRead("HOME") ? environment.get("HOME") ?? "" : "";
    return home.startsWith("/") ? home : null;
  } catch {
    // Not UTF-8. The code that needs the variable reports it.
    return null;
  }
}

/** The default state file of the directory scope. */
export function defaultStateFile(): string {
  return resolvePath(STATE_FILE);
}

interface Place {
  readonly name: string;
  readonly toPath: (value: string) => string | null;
}

function places(cwd?: string): readonly Place[] {
  return [
    ownPlace(cwd),
    {
      name: "XDG_STATE_HOME",
      toPath: (value) => value.startsWith("/") ? `${trimmed(value)}/${APP_DIRECTORY}` : null,
    },
    {
      name: "HOME",
      toPath: (value) =>
        value.startsWith("/") ? `${trimmed(value)}/.local/state/${APP_DIRECTORY}` : null,
    },
  ];
}

function windowsPlaces(cwd?: string): readonly Place[] {
  return [
    ownPlace(cwd),
    {
      name: "LOCALAPPDATA",
      toPath: (value) => value ? `${trimmed(value)}\\${APP_DIRECTORY}` : null,
    },
    {
      name: "USERPROFILE",
      toPath: (value) => value ? `${trimmed(value)}\\AppData\\Local\\${APP_DIRECTORY}` : null,
    },
  ];
}

function ownPlace(cwd?: string): Place {
  return {
    name: "ASSET_GENERATOR_STATE_DIR",
    toPath: (value) => value ? resolvePath(value, cwd) : null,
  };
}

function trimmed(directory: string): string {
  return directory.replace(/[/\\]+$/, "");
}

function envFlag(names: readonly string[]): string | null {
  return names.length === 0 ? null : `--allow-env=${names.join(",")}`;
}
