/** The directories of the records on this machine: the port `RecordPlaces`, for `doctor`. */
import type { DirectoryTrial, PlacesLook, RecordPlaces } from "../../doctor/places.ts";
import { systemReason } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import { joinPath, splitPath } from "../../system/path_parts.ts";
import { missingFlags } from "../../system/permissions.ts";
import { stateFileTarget } from "../records/state_file.ts";
import {
  NotPrivateError,
  requirePrivateBase,
  type UserStatePlace,
} from "../private/private_directory.ts";
import {
  countDeadLocks,
  countKeptLogins,
  findCorrupt,
  findHeldLocks,
  findOpenToOthers,
  findTemporary,
} from "./leftovers.ts";
import { tryDirectory } from "./try_directory.ts";

/** Where the records are. */
export interface RecordPlacesOptions {
  readonly stateFile: string;
  /** Whether the user named the state file: only then are its links followed. @default {false} */
  readonly isNamed?: boolean;
  /** The user's state directory, or the flag with which the variables that give it can be read. */
  readonly user: UserStatePlace | { readonly needs: string | null };
  readonly clock: Pick<Clock, "now">;
}

/**
 * The places of the records. Each trial and look needs `--allow-read`, a trial also
 * `--allow-write`; what is missing is in the result. Creating it reads and writes nothing.
 */
export function createRecordPlaces(options: RecordPlacesOptions): RecordPlaces {
  const { stateFile, isNamed = false, user, clock } = options;
  const userDirectory = "directory" in user ? user.directory : null;
  return {
    stateFile,
    userDirectory,
    tryStateDirectory: () => tryStateDirectory(stateFile, { isNamed }),
    tryUserDirectory: () =>
      "directory" in user
        ? tryUserDirectory(user)
        : Promise.resolve<DirectoryTrial>({ kind: "no_place", needs: user.needs }),
    look: (serverUrl) => look({ stateFile, isNamed, user, clock, serverUrl }),
  };
}

/**
 * A directory that is open to others or belongs to somebody else is not tried: nothing is kept
 * there.
 */
async function tryUserDirectory(user: UserStatePlace): Promise<DirectoryTrial> {
  const { directory } = user;
  if (missingFlags(directory, { access: ["read"] }) === null) {
    try {
      requirePrivateBase(user);
    } catch (error) {
      return error instanceof NotPrivateError
        ? { kind: "not_private", path: directory, found: error.found, advice: error.advice }
        : { kind: "failed", path: directory, message: systemReason(error) };
    }
  }
  return await tryDirectory(directory, { orAbove: true });
}

/** The directory in which a change would be made: that of the target, if a link was named. */
async function tryStateDirectory(
  stateFile: string,
  about: { readonly isNamed: boolean },
): Promise<DirectoryTrial> {
  const { directory } = splitPath(stateFile);
  const flags = missingFlags(directory, { access: ["read"] });
  if (flags !== null) return await tryDirectory(directory, { orAbove: false });
  try {
    const target = stateFileTarget(stateFile, about);
    return await tryDirectory(splitPath(target).directory, { orAbove: false });
  } catch (error) {
    return { kind: "failed", path: directory, message: systemReason(error) };
  }
}

async function look(about: {
  readonly stateFile: string;
  readonly isNamed: boolean;
  readonly user: RecordPlacesOptions["user"];
  readonly clock: Pick<Clock, "now">;
  readonly serverUrl: string;
}): Promise<PlacesLook> {
  const { clock, serverUrl } = about;
  const stateFile = targetOf(about.stateFile, about);
  const place = "directory" in about.user && readable(about.user.directory) ? about.user : null;
  const user = place?.directory ?? null;
  const locks = [
    ...stateFile === null ? [] : [`${stateFile}.lock`],
    ...user === null ? [] : [joinPath(joinPath(user, "generations"), ".lock")],
  ];
  const isNothing = stateFile === null && user === null;
  return {
    openToOthers: user === null || Deno.build.os === "windows"
      ? null
      : await findOpenToOthers(user),
    corrupt: stateFile === null ? null : await findCorrupt(stateFile),
    temporary: isNothing ? null : await findTemporary({ stateFile, userDirectory: user, clock }),
    deadLocks: user === null ? null : await countDeadLocks(user),
    heldLocks: isNothing ? null : await findHeldLocks(locks),
    logins: place === null ? null : await countKeptLogins(place, serverUrl),
  };
}

/** The target of a named link; `null` if Deno does not allow to look there. */
function targetOf(stateFile: string, about: { readonly isNamed: boolean }): string | null {
  if (!readable(splitPath(stateFile).directory)) return null;
  try {
    const target = stateFileTarget(stateFile, about);
    return readable(splitPath(target).directory) ? target : null;
  } catch {
    // Its directory does not exist, or its links lead nowhere: the trial reports that.
    return null;
  }
}

function readable(directory: string): boolean {
  return missingFlags(directory, { access: ["read"] }) === null;
}
