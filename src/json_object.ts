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

/** A value if it is a text; `null` if it is anything else. */
export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** A value if it is true or false; `null` if it is anything else. */
export function flagOrNull(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

/**
 * How deep JSON is looked through. SwarmUI's own is less than 20 deep, and so are our files; what
 * follows a value to its ends (`JSON.stringify()`) overflows the stack at some thousands.
 */
export const MAX_JSON_DEPTH = 100;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

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

/** The value of a text. */
export interface ReadJson {
  /** `undefined`: it is not JSON. */
  readonly value: unknown;
  /** Whether something was nested deeper than `MAX_JSON_DEPTH`; it is `null` in the value. */
  readonly isCut: boolean;
}

/**
 * Parses JSON. Arrays and objects that are nested too deep become `null`; everything else is kept.
 * A text of 64 MiB can be nested millions deep: to parse that takes minutes and gigabytes.
 *
 * @param reviver As in `JSON.parse()`.
 */
export function readJson(
  text: string,
  reviver?: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
): ReadJson {
  const shallow = withoutDepths(text);
  try {
    const value: unknown = JSON.parse(shallow, reviver);
    return { value, isCut: shallow !== text };
  } catch (error) {
    if (error instanceof SyntaxError) return { value: undefined, isCut: false };
    throw error;
  }
}

/** Says whether a text that may be huge is nested deeper than `MAX_JSON_DEPTH`, without parsing it. */
export function isDeepText(text: string): boolean {
  return withoutDepths(text) !== text;
}

/** The text with `null` in the place of what is nested too deep; the very text if nothing is. */
function withoutDepths(text: string): string {
  // Each opening bracket needs a closing one, so a shorter text cannot be that deep.
  if (text.length <= 2 * MAX_JSON_DEPTH) return text;
  const kept: string[] = [];
  let keptTo = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth++;
        if (depth === MAX_JSON_DEPTH + 1) kept.push(text.slice(keptTo, at), "null");
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        if (depth === MAX_JSON_DEPTH + 1) keptTo = at + 1;
        depth--;
        break;
    }
  }
  if (kept.length === 0) return text;
  // If the text ends inside the part that is too deep, the rest is not JSON, which parsing finds
  // out.
  if (depth <= MAX_JSON_DEPTH) kept.push(text.slice(keptTo));
  return kept.join("");
}

/**
 * Where the string of a JSON text ends whose quote stands at `start`: its other quote, or the text's
 * end if there is none. Most of a text is strings, so skipping them is fast. No pattern is used: V8
 * would run out of stack at a string of 20 MB.
 */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    // An even number of backslashes escape each other, not the quote.
    if ((end - before) % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
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
