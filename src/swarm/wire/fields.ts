/**
 * Reads the server's JSON field by field. The first wrong value ends the reading, and its path is
 * in the message. A missing value never becomes zero. Pure.
 */
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import { type CallFailure, failure, type Outcome } from "./failure.ts";

/** Reads one value; `path` says where it is, for the message. */
export type Read<T> = (value: unknown, path: string) => T;

/** Ends the reading. Never leaves `decode()`. */
class ShapeError extends Error {}

/** The fields of one object. */
export class Fields {
  readonly #object: JsonObject;
  readonly #path: string;

  constructor(object: JsonObject, path: string) {
    this.#object = object;
    this.#path = path;
  }

  /** A field that must be there. */
  get<T>(name: string, read: Read<T>): T {
    return read(this.#object[name], below(this.#path, name));
  }

  /** A field that may be missing or `null`. */
  find<T>(name: string, read: Read<T>): T | null {
    return (this.#object[name] ?? null) === null ? null : this.get(name, read);
  }

  /** A field that nothing else depends on: `null` if it is missing or not as it should be. */
  ifSound<T>(name: string, read: Read<T>): T | null {
    const told = decode(this.#object[name], read);
    return told.ok ? told.value : null;
  }

  /** The value of a field as it came. */
  raw(name: string): unknown {
    return this.#object[name];
  }
}

/** Reads a value into a domain value, or says what is wrong with it. */
export function decode<T>(value: unknown, read: Read<T>): Outcome<T> {
  try {
    return { ok: true, value: read(value, "") };
  } catch (error) {
    if (error instanceof ShapeError) return unexpected(error.message);
    throw error;
  }
}

/** The failure of a malformed answer; `problem` contains nothing of the answer itself. */
export function unexpected(problem: string): CallFailure {
  return failure("protocol", `the answer has an unexpected shape: ${problem}`);
}

/** Reads an object with a function. */
export function object<T>(make: (told: Fields) => T): Read<T> {
  return (value, path) => make(new Fields(plain(value, path), path));
}

/** An array whose values are all alike. */
export function list<T>(read: Read<T>): Read<readonly T[]> {
  return (value, path) =>
    array(value, path).map((each, index) => read(each, below(path, `${index}`)));
}

/** What could be read of a list. */
export interface SoundList<T> {
  readonly entries: readonly T[];
  /** How many entries are not as they must be. */
  readonly unreadable: number;
}

/** Entries of a list beyond this number are not looked at; ten times as many as large servers have. */
const ENTRIES_MAX = 100_000;

/**
 * An array whose values are alike, or should be: one that is not costs only itself. If none is, the
 * reading ends.
 */
export function sound<T>(read: Read<T>): Read<SoundList<T>> {
  return (value, path) => {
    const all = array(value, path);
    const entries: T[] = [];
    for (const each of all.slice(0, ENTRIES_MAX)) {
      const told = decode(each, read);
      if (told.ok) entries.push(told.value);
    }
    // Why none can be read is said of the first.
    if (entries.length === 0 && all.length > 0) list(read)(all.slice(0, 1), path);
    return { entries, unreadable: all.length - entries.length };
  };
}

/** An array of anything. */
export const array: Read<readonly unknown[]> = (value, path) =>
  Array.isArray(value) ? value : refuse(value, path, "Array");

export const text: Read<string> = (value, path) =>
  typeof value === "string" ? value : refuse(value, path, "string");

/** A text that is not empty. */
export const name: Read<string> = (value, path) => text(value, path) || refuse(value, path, ">=1");

export const flag: Read<boolean> = (value, path) =>
  typeof value === "boolean" ? value : refuse(value, path, "boolean");

/** A finite number. */
export const number: Read<number> = (value, path) => {
  if (typeof value !== "number") return refuse(value, path, "number");
  return Number.isFinite(value) ? value : refuse(value, path, "valid");
};

/** A whole number that JavaScript represents exactly. */
export const whole: Read<number> = (value, path) => {
  const told = number(value, path);
  return Number.isSafeInteger(told) ? told : refuse(value, path, "valid");
};

/** A whole number that is not negative. */
export const count: Read<number> = (value, path) => {
  const told = whole(value, path);
  return told >= 0 ? told : refuse(value, path, ">=0");
};

/** An object as it came. */
export function plain(value: unknown, path: string): JsonObject {
  return isJsonObject(value) ? value : refuse(value, path, "Object");
}

function below(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/**
 * Ends the reading. The value is not in the message, since it may be a secret and is foreign.
 *
 * @param expected What would be right, as in "is not …".
 */
export function refuse(value: unknown, path: string, expected: string): never {
  const found = value === undefined ? "is missing" : `is not ${expected}`;
  throw new ShapeError(`${path === "" ? "the value" : path} ${found}`);
}
