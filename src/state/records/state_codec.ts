/**
 * The state file's text (`docs/state-file.md`): an envelope with one field for each record.
 *
 * Unknown fields are kept, those of the file and those of records, with one limit: numbers are read
 * as JavaScript reads them, so a foreign integer above 2^53 is rounded.
 */
import type { GenerationRecord } from "../../generation/generation.ts";
import { isExpired, readingRank, RECORD_LIFETIME_MS } from "../../generation/generation.ts";
import {
  isDeep,
  isDeepText,
  isJsonObject,
  type JsonObject,
  MAX_JSON_DEPTH,
} from "../../json_object.ts";
import {
  decodeRecord,
  encodeRecord,
  fewProblems,
  lastUpdate,
  MAX_READ,
  quote,
} from "../../generation/records/record_codec.ts";

/**
 * The largest state file that is used, in bytes: 30,000 records. The whole file is read, and
 * written again at each change, which then takes a quarter of a second and 300 MB.
 */
export const STATE_BYTES_MAX = 12 * 1024 * 1024;
/** From this size on, of a text or of JSON without line breaks, it is looked at before it is used. */
const LARGE = 1024 * 1024;
/** A new record's place: a file that has not so much left is full. */
const RECORD_BYTES = 8 * 1024;

/** A state file that would be larger than `STATE_BYTES_MAX` once it is written. */
export class StateFullError extends Error {
  override readonly name = "StateFullError";
}

/** The content of a state file, partly decoded. */
export interface StateFile {
  /** The envelope as it was read; its `sessions` and `updated_at` are replaced on writing. */
  readonly envelope: JsonObject;
  /** Records by id, not decoded yet. A map, because an id may be `__proto__`. */
  readonly sessions: ReadonlyMap<string, unknown>;
}

/** The records of a state file. */
export interface DecodedRecords {
  readonly records: readonly GenerationRecord[];
  /** For people, one line each. */
  readonly problems: readonly string[];
  /** How many records were left out because there are too many. */
  readonly unread: number;
}

/**
 * Parses a state file's text; an empty text is an empty file.
 *
 * @throws {SyntaxError} If it is not a state file; the message says why, without any of the text.
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
 * Parses the text of a file that the user named. It may be anything: JSON without `sessions` is
 * somebody's document, not a state file; an empty text or object is a new one.
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
 * Decodes the records that are not older than a day. If there are more than `MAX_READ`, the newest
 * ones: anybody who can write the file may have filled it.
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

/** A state file without some records; the same object if it has none of them. */
export function withoutRecords(file: StateFile, ids: readonly string[]): StateFile {
  const sessions = new Map(file.sessions);
  const removed = ids.filter((id) => sessions.delete(id));
  return removed.length === 0 ? file : { ...file, sessions };
}

/**
 * Writes a state file's text, without the records that are older than a day. Where line breaks and
 * indentation would make it too large, there are none.
 *
 * @throws {StateFullError} If it is too large all the same.
 */
export function formatStateFile(file: StateFile, nowMs: number): string {
  const envelope = liveEnvelope(file, nowMs);
  const compact = JSON.stringify(envelope) + "\n";
  // A small one cannot be indented to more than may be read, for it is not deep.
  const bytes = compact.length < LARGE / 16 ? 0 : byteLength(compact);
  if (bytes > STATE_BYTES_MAX) throw new StateFullError();
  return bytes > 0 && bytes + indentation(envelope) > STATE_BYTES_MAX
    ? compact
    : JSON.stringify(envelope, null, 2) + "\n";
}

/** Says whether a state file has no room for a new record. */
export function isFull(file: StateFile, { text, nowMs }: {
  /** As it was read. */
  readonly text: string;
  readonly nowMs: number;
}): boolean {
  return text.length >= LARGE &&
    byteLength(JSON.stringify(liveEnvelope(file, nowMs))) > STATE_BYTES_MAX - RECORD_BYTES;
}

function liveEnvelope(file: StateFile, nowMs: number): JsonObject {
  const sessions = [...file.sessions].filter(([, value]) => {
    const updatedAt = lastUpdate(value);
    return updatedAt === null || nowMs - updatedAt <= RECORD_LIFETIME_MS;
  });
  return {
    ...file.envelope,
    sessions: Object.fromEntries(sessions),
    updated_at: new Date(nowMs).toISOString(),
  };
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** How many line breaks and spaces make a value's JSON readable. */
function indentation(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner: readonly unknown[] = Object.values(value);
  if (inner.length === 0) return 0;
  const colons = Array.isArray(value) ? 0 : inner.length;
  const own = colons + inner.length * (2 * depth + 3) + 2 * depth + 1;
  return inner.reduce<number>((sum, each) => sum + indentation(each, depth + 1), own);
}

function parseJson(text: string): unknown {
  const tooDeep = `it is nested more than ${MAX_JSON_DEPTH} deep`;
  // To parse megabytes of brackets takes seconds.
  if (text.length >= LARGE && isDeepText(text)) throw new SyntaxError(tooDeep);
  try {
    const value: unknown = JSON.parse(text);
    if (text.length < LARGE && isDeep(value)) throw new SyntaxError(tooDeep);
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (error.message === tooDeep) throw error;
    // The engine's message quotes the text, which may be anybody's.
    const place = /line \d+ column \d+/.exec(error.message)?.[0];
    throw new SyntaxError(place === undefined ? "it is not JSON" : `${place} is not JSON`);
  }
}
