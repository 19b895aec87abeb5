/** Readers of values that only images have. */
import { InvalidValueError } from "../values.ts";

/** A LoRA as it was typed, and its weight. */
export interface LoraOption {
  readonly name: string;
  readonly weight: number;
}

const SEED_MAX = 2n ** 63n - 1n;

/**
 * Reads `NAME[:WEIGHT]`. What stands behind the last colon is the weight, so a name with a colon
 * needs one.
 */
export function readLora(text: string): LoraOption {
  const colon = text.lastIndexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const weight = colon < 0 ? "1" : text.slice(colon + 1);
  if (name === "" || name.includes(",")) {
    throw new InvalidValueError("expected NAME or NAME:WEIGHT, such as detail:0.8");
  }
  const isNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(weight);
  if (!isNumber || Math.abs(Number(weight)) > 10) {
    throw new InvalidValueError(
      "expected a weight from -10 to 10 after the colon, such as detail:0.8",
    );
  }
  return { name, weight: Number(weight) };
}

/**
 * Reads a seed, -1 to 2^63-1 (`swarmui-protocol.md §3.3`), as text: above 2^53 numbers are not exact.
 */
export function readSeed(text: string): string {
  const isWhole = /^(-1|\d{1,19})$/.test(text);
  if (!isWhole || BigInt(text) > SEED_MAX) {
    throw new InvalidValueError(`expected a whole number from -1 to ${SEED_MAX}`);
  }
  return BigInt(text).toString();
}
