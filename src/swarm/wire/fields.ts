/**
 * Reading the server's JSON field by field. The first value that is not as it must be ends the reading,
 * and is named by its path; nothing is ever filled in with a zero. Pure.
 */
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import { type CallFailure, failure, type Outcome } from "./failure.ts";

/** Understands one value; `path` says where it stands, for the message if it cannot be used. */
export type Read<T> = (value: unknown, path: string) => T;

/** Ends the reading; it never leaves `decode()`. */
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

  /** The value of a field as it came. */
  raw(name: string): unknown {
    return this.#object[name];
  }
}

/** Makes a domain value of a value, or says what in it is not as it must be. */
export function decode<T>(value: unknown, read: Read<T>): Outcome<T> {
  try {
    return { ok: true, value: read(value, "") };
  } catch (error) {
    if (error instanceof ShapeError) return unexpected(error.message);
    throw error;
  }
}

/** The failure of an answer that is not as it must be; `problem` holds nothing of what came. */
export function unexpected(problem: string): CallFailure {
  return failure("protocol", `the answer has an unexpected shape: ${problem}`);
}

/** An object of which something is made. */
export function object<T>(make: (told: Fields) => T): Read<T> {
  return (value, path) => make(new Fields(plain(value, path), path));
}

/** An object that is a map: the values of its fields, which are all alike. */
export function valuesOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value, path) =>
    Object.entries(plain(value, path)).map(([key, each]) => read(each, below(path, key)));
}

/** An array whose values are all alike. */
export function list<T>(read: Read<T>): Read<readonly T[]> {
  return (value, path) =>
    array(value, path).map((each, index) => read(each, below(path, `${index}`)));
}

/** An array of whatever. */
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

/** A whole number that JavaScript can tell from its neighbours. */
export const whole: Read<number> = (value, path) => {
  const told = number(value, path);
  return Number.isSafeInteger(told) ? told : refuse(value, path, "valid");
};

/** How many there are of something. */
export const count: Read<number> = (value, path) => {
  const told = whole(value, path);
  return told >= 0 ? told : refuse(value, path, ">=0");
};

function plain(value: unknown, path: string): JsonObject {
  return isJsonObject(value) ? value : refuse(value, path, "Object");
}

function below(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/**
 * Ends the reading. What came stays out of the message: it may be a secret, and it is foreign.
 *
 * @param expected What would be right, as in "is not …".
 */
export function refuse(value: unknown, path: string, expected: string): never {
  const found = value === undefined ? "is missing" : `is not ${expected}`;
  throw new ShapeError(`${path === "" ? "the value" : path} ${found}`);
}
