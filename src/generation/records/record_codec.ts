/**
 * Reads and writes one record as JSON (`docs/state-file.md`): the original Go tool's five fields
 * and this tool's own.
 *
 * Decoding never throws, whatever the file holds: a field that makes no sense becomes `null` and is
 * listed as a problem. Only a record without a readable date is not shown at all, because its age
 * is not known.
 */
import { cutText, shortened } from "../../cut_text.ts";
import type { GenerationRecord } from "../generation.ts";
import { isJsonObject, type JsonObject, parseTime } from "../../json_object.ts";

/** How many records of one place are read at most. A user normally has a handful. */
export const MAX_READ = 2_000;
/** How many problems of one place are reported. */
const PROBLEMS_TOLD = 20;

/** A record as far as it could be read, and what was wrong with it. */
export interface DecodedRecord {
  readonly record: GenerationRecord | null;
  /** For people, one line each. */
  readonly problems: readonly string[];
}

/**
 * Reads a record.
 *
 * @param id The key under which it was found. If its `id` field differs, that is a problem, and the
 * key counts.
 */
export function decodeRecord(id: string, value: unknown): DecodedRecord {
  if (!isJsonObject(value)) {
    return { record: null, problems: [`Record ${quote(id)} is ${quote(value)}, not an object`] };
  }
  const fields = new FieldReader(id, value);
  fields.expectId();
  const stampedAt = fields.time("updated_at");
  const startedAt = fields.time("start_time") ?? stampedAt;
  const updatedAt = stampedAt ?? startedAt;
  if (startedAt === null || updatedAt === null) {
    return { record: null, problems: [`Record ${quote(id)} has no date that can be read`] };
  }
  const imagesTotal = fields.count("images_total");
  const imagesDone = fields.count("images_done");
  const record: GenerationRecord = {
    id,
    status: fields.text("status") ?? "unknown",
    progress: fields.fraction("progress"),
    startedAt,
    updatedAt,
    serverUrl: fields.url("server_url"),
    serverId: fields.text("server_id"),
    host: fields.text("host"),
    pid: fields.count("pid"),
    imagesTotal,
    imagesDone: imagesTotal === null || imagesDone === null
      ? imagesDone
      : Math.min(imagesDone, imagesTotal),
    ...batchSizeOf(fields),
    ...(fields.has("detached") ? { detached: fields.flag("detached") ?? false } : {}),
    ...(fields.has("model") ? { model: fields.text("model") } : {}),
    ...(fields.has("queued") ? { queued: fields.flag("queued") } : {}),
    ...(fields.has("remaining_seconds")
      ? { remainingSeconds: fields.number("remaining_seconds") }
      : {}),
    ...(fields.has("delayed_by") ? { delayedBy: fields.text("delayed_by") } : {}),
    foreign: !fields.has("server_url") || !fields.has("host") || !fields.has("images_total"),
  };
  return { record, problems: fields.problems };
}

/** One image in a run is the rule, and is not written. */
function batchSizeOf(fields: FieldReader): Pick<GenerationRecord, "batchSize"> {
  const size = fields.has("batch_size") ? fields.count("batch_size") : null;
  return size === null || size < 2 ? {} : { batchSize: size };
}

/** Writes a record over an older one, whose unknown fields are kept. */
export function encodeRecord(record: GenerationRecord, previous?: unknown): JsonObject {
  return {
    ...(isJsonObject(previous) ? previous : {}),
    id: record.id,
    status: record.status,
    progress: record.progress,
    start_time: new Date(record.startedAt).toISOString(),
    updated_at: new Date(record.updatedAt).toISOString(),
    server_url: record.serverUrl === null ? null : withoutUserInfo(record.serverUrl),
    server_id: record.serverId,
    host: record.host,
    pid: record.pid,
    images_total: record.imagesTotal,
    images_done: record.imagesDone,
    ...(record.batchSize === undefined ? {} : { batch_size: record.batchSize }),
    ...(record.detached === undefined ? {} : { detached: record.detached }),
    ...(record.model === undefined ? {} : { model: record.model }),
    ...(record.queued === undefined ? {} : { queued: record.queued }),
    ...(record.remainingSeconds === undefined
      ? {}
      : { remaining_seconds: record.remainingSeconds }),
    ...(record.delayedBy === undefined ? {} : { delayed_by: record.delayedBy }),
  };
}

/** When a record was last written, epoch milliseconds; `null` if it does not say. */
export function lastUpdate(value: unknown): number | null {
  if (!isJsonObject(value)) return null;
  return parseTime(value["updated_at"]) ?? parseTime(value["start_time"]);
}

/** Shortens a list of problems for people: a hostile file could have thousands. */
export function fewProblems(problems: readonly string[]): readonly string[] {
  const untold = problems.length - PROBLEMS_TOLD;
  if (untold <= 0) return problems;
  return [...problems.slice(0, PROBLEMS_TOLD), `${untold} more problems of this kind`];
}

/** Shows a foreign value in a message: short, and as JSON, so without control characters. */
export function quote(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (isJsonObject(value)) return "an object";
  const text =
    JSON.stringify(typeof value === "string" ? cutText(value, { most: 80 }).text : value) ??
      "nothing";
  return shortened(text, 60);
}

/** Reads the fields of one record and collects what is wrong with them. */
class FieldReader {
  readonly problems: string[] = [];
  readonly #id: string;
  readonly #fields: JsonObject;

  constructor(id: string, fields: JsonObject) {
    this.#id = id;
    this.#fields = fields;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  expectId(): void {
    this.#read("id", (value) => value === this.#id ? value : null);
  }

  text(name: string): string | null {
    return this.#read(name, (value) => typeof value === "string" ? value : null);
  }

  url(name: string): string | null {
    const decode = (value: unknown) => typeof value === "string" ? withoutUserInfo(value) : null;
    // The value is not shown: a text that is not a URL may still contain a password.
    return this.#read(name, decode, () => "not a URL");
  }

  time(name: string): number | null {
    return this.#read(name, parseTime);
  }

  count(name: string): number | null {
    return this.#read(name, (value) => Number.isSafeInteger(value) ? atLeastZero(value) : null);
  }

  number(name: string): number | null {
    return this.#read(name, atLeastZero);
  }

  flag(name: string): boolean | null {
    return this.#read(name, (value) => typeof value === "boolean" ? value : null);
  }

  fraction(name: string): number | null {
    return this.#read(name, (value) => {
      const fraction = atLeastZero(value);
      return fraction !== null && fraction <= 1 ? fraction : null;
    });
  }

  /** A field that is missing or `null` is no problem; one that cannot be used is. */
  #read<T>(
    name: string,
    decode: (value: unknown) => T | null,
    show: (value: unknown) => string = quote,
  ): T | null {
    if (!this.has(name)) return null;
    const value = this.#fields[name];
    if (value === null) return null;
    const decoded = decode(value);
    if (decoded === null) {
      this.problems.push(`Record ${quote(this.#id)} has a bad "${name}": ${show(value)}`);
    }
    return decoded;
  }
}

function atLeastZero(value: unknown): number | null {
  return typeof value === "number" && value >= 0 ? value : null;
}

/** A URL without user name, password, query and fragment; `null` if it is not a URL. */
function withoutUserInfo(text: string): string | null {
  // A normalised URL stays as it is and is not parsed: there may be a thousand of them.
  if (/^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/.test(text)) return text;
  if (!URL.canParse(text)) return null;
  if (!/[@?#]/.test(text)) return text;
  const url = new URL(text);
  url.username = "";
  url.password = "";
  url.search = "";
  url.hash = "";
  return url.href.replace(/\/+$/, "");
}
