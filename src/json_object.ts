/**
 * JSON from outside, whose shape is not known yet. This file is not in a folder because records,
 * the server's answers and the simulator all need it, and none of these may import another.
 */

/** A JSON object whose fields have not been checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Says whether a value is a JSON object: neither an array nor `null`. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * How deep JSON is looked through. SwarmUI's own is less than 20 deep, and so are our files; what
 * follows a value to its ends (`JSON.stringify()`) overflows the stack at some thousands.
 */
export const MAX_JSON_DEPTH = 100;

/** Says whether arrays and objects are nested deeper than `MAX_JSON_DEPTH`. */
export function isDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === MAX_JSON_DEPTH ||
    Object.values(value).some((inner) => isDeep(inner, depth + 1));
}

/** Parses JSON; what is none, or is deep, is `undefined`, without a message that could quote a secret. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isDeep(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

/**
 * Reads an RFC 3339 time as Go writes it, with zone offset and nanoseconds.
 *
 * @returns Epoch milliseconds; `null` if it is anything else.
 */
export function parseTime(value: unknown): number | null {
  // Date.parse() alone finds a date in nearly any text.
  const isTime = typeof value === "string" &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(value);
  if (!isTime) return null;
  const ms = Date.parse(value.toUpperCase());
  return Number.isNaN(ms) ? null : ms;
}
