/** Where this tool keeps things, as the platform and the user want it. Touches no file. */
import { resolvePath } from "./path_parts.ts";

const APP_DIRECTORY = "asset-generator";
const STATE_FILE = ".asset-generator-state.json";

/** The environment as a function of this module sees it. */
export interface EnvironmentReader {
  /** `undefined`: not set, or may not be read. */
  get(name: string): string | undefined;
  /** Says whether it may be read, set or not. */
  mayRead(name: string): boolean;
}

/** Where the user scope is, or why that is not known. */
export interface UserStateDirectory {
  /** Absolute path; `null` if no variable that may be read says it. */
  readonly path: string | null;
  /** The flag that grants the variables that could have said it and may not be read. */
  readonly needs: string | null;
}

/**
 * The private directory of the user scope: `ASSET_GENERATOR_STATE_DIR`, else
 * `$XDG_STATE_HOME/asset-generator`, else `~/.local/state/asset-generator`; on Windows
 * `%LOCALAPPDATA%\asset-generator`. Empty variables count as not set, and a relative
 * `XDG_STATE_HOME` is ignored, as its specification wants; so is a relative `HOME`, for a working
 * directory may be anybody's.
 *
 * Only `path: null` means that there is no user scope. `needs` beside a path says that a variable
 * of higher rank could not be looked at.
 *
 * @param options.os Of `Deno.build.os`; for tests.
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

/** The user's home directory, where a variable says it that may be read and understood; else `null`. */
export function homeDirectory(environment: EnvironmentReader): string | null {
  try {
    const home = environment.mayRead("HOME") ? environment.get("HOME") ?? "" : "";
    return home.startsWith("/") ? home : null;
  } catch {
    // Not UTF-8: whoever needs it says so.
    return null;
  }
}

/** The state file of the directory scope where `--state-file` names none. */
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
