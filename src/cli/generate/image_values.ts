/** Readers of values that only images have. */
import { InvalidValueError } from "../values.ts";

/** A LoRA as it was typed, and its weight. */
export interface LoraOption {
  readonly name: string;
  readonly weight: number;
}

const SEED_MAX = 2n ** 63n - 1n;

/** Reads `NAME[:WEIGHT]`; a name may hold colons, for only a number behind the last is a weight. */
export function readLora(text: string): LoraOption {
  const [, name = text, weight = "1"] = /^(.*):([+-]?(?:\d+(?:\.\d*)?|\.\d+))$/.exec(text) ?? [];
  if (name === "" || name.includes(",")) {
    throw new InvalidValueError("want NAME or NAME:WEIGHT, as detail:0.8");
  }
  if (Math.abs(Number(weight)) > 10) throw new InvalidValueError("want a weight from -10 to 10");
  return { name, weight: Number(weight) };
}

/**
 * Reads a seed, -1 to 2^63-1 (`swarmui-protocol.md §3.3`), as text: above 2^53 numbers are not exact.
 */
export function readSeed(text: string): string {
  const isWhole = /^(-1|\d{1,19})$/.test(text);
  if (!isWhole || BigInt(text) > SEED_MAX) {
    throw new InvalidValueError(`want a whole number from -1 to ${SEED_MAX}`);
  }
  return BigInt(text).toString();
}
