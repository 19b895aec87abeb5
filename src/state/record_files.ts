/** The files `generations/<id>.json` of the user scope, as a directory of them. */
import { isSafeId, RECORD_LIFETIME_MS } from "../generation/generation.ts";
import { isTempName, removeIfThere } from "./atomic_write.ts";
import { type DecodedPublication, parseJson, parsePublication } from "./private_codec.ts";
import { lastUpdate } from "./record_codec.ts";
import { joinPath } from "./state_path.ts";
import { readStateTextSync } from "./state_text.ts";
import { systemReason } from "../errors.ts";
import { isNotFound } from "./system_reason.ts";

const SUFFIX = ".json";
/** How many files are read at a time: enough to be fast, far from the limit of open files. */
const READERS = 32;

/** Says whether a file of this name is a record. */
export function isRecordName(name: string): boolean {
  return name.endsWith(SUFFIX) && isSafeId(name.slice(0, -SUFFIX.length));
}

/** The path of a record's file; `null` for an id that must not form one. */
export function recordPath(directory: string, id: string): string | null {
  return isSafeId(id) ? joinPath(directory, id + SUFFIX) : null;
}

/**
 * Reads all records, expired ones included, sorted by id. A broken one is a problem of its own.
 *
 * @throws What the system throws if the directory is there but cannot be read.
 */
export async function readRecordFiles(directory: string): Promise<readonly DecodedPublication[]> {
  const names = (await namesIn(directory)).filter(isRecordName).sort();
  const decoded: DecodedPublication[] = [];
  const queue = names.entries();
  await Promise.all(Array.from({ length: READERS }, async () => {
    for (const [index, name] of queue) decoded[index] = await readOne(directory, name);
  }));
  return decoded;
}

/**
 * Finds what nobody needs any more: records that are older than a day, broken files that were not
 * touched for a day, and temporary files of killed processes (or of one that writes just now).
 *
 * @returns Paths; empty if the directory cannot be read.
 */
export async function findStaleFiles(directory: string, nowMs: number): Promise<readonly string[]> {
  const names = await namesIn(directory).catch(() => []);
  return names
    .filter((name) => isTempName(name) || isRecordName(name))
    .map((name) => joinPath(directory, name))
    .filter((path) => isStale(path, nowMs));
}

/** Removes a stale file, if it still is; the directory's lock must be held. */
export function removeStaleFile(path: string, nowMs: number): void {
  if (isStale(path, nowMs)) removeIfThere(path);
}

/** When a record's file says that it was written, epoch milliseconds; `null` if it cannot be told. */
export function updatedAtIn(path: string): number | null {
  const text = readStateTextSync(path);
  return text === null ? null : lastUpdate(parseJson(text));
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map((entry) => entry.name);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function readOne(directory: string, name: string): Promise<DecodedPublication> {
  const id = name.slice(0, -SUFFIX.length);
  try {
    // Nobody else can put a named pipe here, so it is opened without a look: there may be a thousand.
    return parsePublication(id, await Deno.readTextFile(joinPath(directory, name)));
  } catch (error) {
    // Removed since its name was read: its generation has just ended.
    if (isNotFound(error)) return { publication: null, problems: [] };
    const problem = `Record "${id}" of this user cannot be read: ${systemReason(error)}`;
    return { publication: null, problems: [problem] };
  }
}

function isStale(path: string, nowMs: number): boolean {
  if (isTempName(path)) return true;
  try {
    const touchedAt = Deno.statSync(path).mtime?.getTime() ?? nowMs;
    // Nearly always the file's own time is enough, and it is not opened.
    if (nowMs - touchedAt <= RECORD_LIFETIME_MS) return false;
    return nowMs - (updatedAtIn(path) ?? touchedAt) > RECORD_LIFETIME_MS;
  } catch {
    return false;
  }
}
