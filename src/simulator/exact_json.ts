/** JSON whose whole numbers keep all their digits. */
import { isJsonObject, type JsonObject } from "../json_object.ts";

/**
 * Reads text as a JSON object; `null` if it is anything else. Its own whole numbers beyond 2^53
 * become a `bigint`, since SwarmUI keeps all their digits.
 */
export function parseJsonObject(text: string): JsonObject | null {
  try {
    const value: unknown = /\d{16}/.test(text) ? parseExactly(text) : JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The third argument of a reviver in V8, which TypeScript does not know yet. */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** Only numbers of the object itself become exact: deeper values are passed on as JSON. */
function parseExactly(text: string): unknown {
  const revive: Reviver = (_, value, context) => {
    const source = context?.source ?? "";
    const isLost = typeof value === "number" && !Number.isSafeInteger(value);
    return isLost && /^-?\d+$/.test(source) ? BigInt(source) : value;
  };
  const plain: unknown = JSON.parse(text);
  const exact: unknown = JSON.parse(text, revive);
  if (!isJsonObject(plain) || !isJsonObject(exact)) return plain;
  const numbers = Object.entries(exact).filter(([, value]) => typeof value === "bigint");
  return { ...plain, ...Object.fromEntries(numbers) };
}
