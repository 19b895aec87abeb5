/**
 * JSON as it travels: unknown until it was looked at. Beside `errors.ts` and not in a folder, since
 * records on the disk, answers of the server and the simulator all begin with this question, and no
 * two of them may import each other.
 */

/** A JSON object whose fields were not looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Says whether a value is a JSON object: neither an array nor `null`. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses JSON; what is none is `undefined`, without a message that could quote a secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
