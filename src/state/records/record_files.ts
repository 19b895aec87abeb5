/**
 * The files `generations/<id>.json` of the user scope. Each holds the JSON of the public record and
 * the server session.
 *
 * The session names its server. It is trusted only if the record names the same server, so that no
 * edited file can send the session elsewhere.
 */
import { systemReason } from "../../errors.ts";
import {
  type GenerationRecord,
  isExpired,
  readingRank,
  RECORD_LIFETIME_MS,
} from "../../generation/generation.ts";
import type { Publication, StoreReading } from "../../generation/records/store.ts";
import { decodeSession } from "../../generation/session.ts";
import { isJsonObject, parseJson } from "../../json_object.ts";
import { isNotFound, touchTime } from "../../system/look_at.ts";
import { joinPath } from "../../system/path_parts.ts";
import {
  isRecordName,
  type PrivateDirectory,
  RECORD_SUFFIX,
} from "../private/private_directory.ts";
import { readPrivateText } from "../private/private_text.ts";
import { decodeRecord, fewProblems, MAX_READ } from "../../generation/records/record_codec.ts";

/** How long work goes on without a pause, in milliseconds. */
const STRETCH_MS = 10;

/** A private record as far as it could be read. */
interface DecodedPublication {
  readonly publication: Publication | null;
  /** For people, one line each; they never show a session. */
  readonly problems: readonly string[];
}

interface ReadRecordFiles {
  readonly decoded: readonly DecodedPublication[];
  /** How many files of the last day were not read because there are too many. */
  readonly unread: number;
}

/**
 * Reads the records of this user that have not expired, with their problems.
 *
 * @param how.location What the problems call the place.
 * @throws What the system throws if the directory exists but cannot be read.
 */
export async function readUserRecords(
  directory: PrivateDirectory,
  { location, nowMs }: { readonly location: string; readonly nowMs: number },
): Promise<StoreReading> {
  const { decoded, unread } = await readRecordFiles(directory, nowMs);
  const limit = `Only the ${MAX_READ} newest records of this user were read, ${unread} more ` +
    `were not ("${location}"; they go a day after they were written)`;
  return {
    answered: true,
    publications: decoded.flatMap(({ publication }) =>
      publication === null || isExpired(publication.record, nowMs) ? [] : publication
    ),
    problems: [
      ...unread === 0 ? [] : [limit],
      ...fewProblems(decoded.flatMap((one) => one.problems)),
    ],
    ...unread === 0 ? {} : { unread },
  };
}

/**
 * Reads the records, including expired ones, sorted by id. A broken file is reported as a problem.
 * If there are more than `MAX_READ`, those that were written last are read. Every living record is
 * among them, because its owner writes every few seconds.
 *
 * @throws What the system throws if the directory exists but cannot be read.
 */
async function readRecordFiles(
  directory: PrivateDirectory,
  nowMs: number,
): Promise<ReadRecordFiles> {
  const all = (await namesIn(directory.path)).filter(isRecordName);
  const { names, unread } = all.length <= MAX_READ
    ? { names: all, unread: 0 }
    : await newestOf(all, { directory: directory.path, nowMs });
  names.sort();
  const decoded: DecodedPublication[] = [];
  const breath = new Breath();
  for (const name of names) {
    await breath.take();
    decoded.push(readOne(directory, name));
  }
  return { decoded, unread };
}

async function newestOf(
  all: readonly string[],
  { directory, nowMs }: { readonly directory: string; readonly nowMs: number },
): Promise<{ readonly names: string[]; readonly unread: number }> {
  const touched: { readonly name: string; readonly at: number }[] = [];
  const breath = new Breath();
  for (const name of all) {
    await breath.take();
    const at = touchTime(joinPath(directory, name));
    // Without a heartbeat for a day it would not be shown.
    if (at !== null && nowMs - at <= RECORD_LIFETIME_MS) touched.push({ name, at });
  }
  touched.sort((a, b) => readingRank(a.at, nowMs) - readingRank(b.at, nowMs));
  return {
    names: touched.slice(0, MAX_READ).map(({ name }) => name),
    unread: Math.max(0, touched.length - MAX_READ),
  };
}

/** The names in a directory; empty if it does not exist. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(directory)) names.push(name);
    return names;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function readOne(directory: PrivateDirectory, name: string): DecodedPublication {
  const id = name.slice(0, -RECORD_SUFFIX.length);
  try {
    const text = readPrivateText(directory, name);
    // It was removed since its name was read: its generation has just ended.
    return text === null ? { publication: null, problems: [] } : parsePublication(id, text);
  } catch (error) {
    const problem = `Record "${id}" of this user cannot be read: ${systemReason(error)}`;
    return { publication: null, problems: [problem] };
  }
}

/** Parses a private record's text; never throws. */
function parsePublication(id: string, text: string): DecodedPublication {
  const value = parseJson(text);
  if (!isJsonObject(value)) {
    return { publication: null, problems: [`Record "${id}" of this user cannot be understood`] };
  }
  const { record, problems } = decodeRecord(id, value);
  if (record === null) return { publication: null, problems };
  const session = decodeSession(value["session"]);
  const isUsable = session === null || session.serverUrl === record.serverUrl;
  if (isUsable) return { publication: { record, session }, problems };
  return {
    publication: { record, session: null },
    problems: [...problems, mismatch(record)],
  };
}

function mismatch(record: GenerationRecord): string {
  return `Record "${record.id}" of this user has a session of another server; it is not used`;
}

/**
 * Lets other tasks run during long work: a hundred thousand checks of files, one after another,
 * would keep answers of the server unread until they count as too late.
 */
export class Breath {
  #sinceMs = performance.now();

  /** Called before each step; now and then it lets other tasks run. */
  async take(): Promise<void> {
    if (performance.now() - this.#sinceMs < STRETCH_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#sinceMs = performance.now();
  }
}
