/**
 * The state file's text (`docs/state-file.md`): an envelope with one field for each record.
 *
 * Fields that we do not know are kept, those of the file and those of records, with one limit:
 * numbers are read as JavaScript reads them, so a foreign integer above 2^53 is rounded.
 */
import type { GenerationRecord } from "../../generation/generation.ts";
import { isExpired, readingRank, RECORD_LIFETIME_MS } from "../../generation/generation.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import {
  decodeRecord,
  encodeRecord,
  fewProblems,
  lastUpdate,
  MAX_READ,
  quote,
} from "../../generation/record_codec.ts";

/** What a state file holds, as far as it was looked at. */
export interface StateFile {
  /** The envelope as it was read; its `sessions` and `updated_at` are replaced on writing. */
  readonly envelope: JsonObject;
  /** Undecoded records by id. A map, because an id may be `__proto__`. */
  readonly sessions: ReadonlyMap<string, unknown>;
}

/** The records of a state file. */
export interface DecodedRecords {
  readonly records: readonly GenerationRecord[];
  /** For people, one line each. */
  readonly problems: readonly string[];
  /** Records that were left out, since there are too many. */
  readonly unread: number;
}

/**
 * Understands a state file's text; an empty text is an empty file.
 *
 * @throws {SyntaxError} If it is no state file; the message says why, without any of the text.
 */
export function parseStateFile(text: string): StateFile {
  const bare = text.replace(/^\uFEFF/, "");
  if (bare.trim() === "") return { envelope: {}, sessions: new Map() };
  const envelope = parseJson(bare);
  if (!isJsonObject(envelope)) throw new SyntaxError(`it holds ${quote(envelope)}, not an object`);
  const sessions = envelope["sessions"] ?? {};
  if (!isJsonObject(sessions)) {
    throw new SyntaxError(`its "sessions" is ${quote(sessions)}, not an object`);
  }
  return { envelope, sessions: new Map(Object.entries(sessions)) };
}

/**
 * Understands the text of a file that the user named. It may be anything: JSON without `sessions`
 * is somebody's document, not a state file; an empty text or object is a new one.
 *
 * @throws {SyntaxError} As `parseStateFile()`.
 */
export function parseNamedStateFile(text: string): StateFile {
  const file = parseStateFile(text);
  const { envelope } = file;
  if (!Object.hasOwn(envelope, "sessions") && Object.keys(envelope).length > 0) {
    throw new SyntaxError('it has no "sessions"');
  }
  return file;
}

/**
 * Decodes the records that are not older than a day; of more than `MAX_READ` the newest, for anybody
 * who can write the file may fill it.
 */
export function decodeRecords(file: StateFile, nowMs: number): DecodedRecords {
  const records: GenerationRecord[] = [];
  const problems: string[] = [];
  for (const [id, value] of file.sessions) {
    const decoded = decodeRecord(id, value);
    if (decoded.record !== null && isExpired(decoded.record, nowMs)) continue;
    if (decoded.record !== null) records.push(decoded.record);
    problems.push(...decoded.problems);
  }
  const unread = Math.max(0, records.length - MAX_READ);
  if (unread > 0) {
    records.sort((a, b) => readingRank(a.updatedAt, nowMs) - readingRank(b.updatedAt, nowMs));
  }
  return { records: records.slice(0, MAX_READ), problems: fewProblems(problems), unread };
}

/** A state file with one record added or replaced. */
export function withRecord(file: StateFile, record: GenerationRecord): StateFile {
  const sessions = new Map(file.sessions);
  sessions.set(record.id, encodeRecord(record, sessions.get(record.id)));
  return { ...file, sessions };
}

/** A state file without some records; the very same one if it has none of them. */
export function withoutRecords(file: StateFile, ids: readonly string[]): StateFile {
  const sessions = new Map(file.sessions);
  const removed = ids.filter((id) => sessions.delete(id));
  return removed.length === 0 ? file : { ...file, sessions };
}

/**
 * Writes a state file's text, without the records that are older than a day.
 *
 * @throws {RangeError} If foreign fields are nested more deeply than can be written.
 */
export function formatStateFile(file: StateFile, nowMs: number): string {
  const sessions = [...file.sessions].filter(([, value]) => {
    const updatedAt = lastUpdate(value);
    return updatedAt === null || nowMs - updatedAt <= RECORD_LIFETIME_MS;
  });
  const envelope = {
    ...file.envelope,
    sessions: Object.fromEntries(sessions),
    updated_at: new Date(nowMs).toISOString(),
  };
  return JSON.stringify(envelope, null, 2) + "\n";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The engine's message quotes the text, which may be anybody's.
    const place = /line \d+ column \d+/.exec(error.message)?.[0];
    throw new SyntaxError(place === undefined ? "it is not JSON" : `${place} is not JSON`);
  }
}
