/** Readers of values that only images have. */
import { SEED_MAX } from "../../generation/run/seed.ts";
import { InvalidValueError } from "../values.ts";

/** A LoRA as it was typed, and its weight. */
export interface LoraOption {
  readonly name: string;
  /** `null`: not given with its name. */
  readonly weight: number | null;
}

/**
 * Reads `NAME[:WEIGHT]`. The part after the last colon is the weight, so a name with a colon needs
 * one.
 */
export function readLora(text: string): LoraOption {
  const colon = text.lastIndexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  if (name === "" || name.includes(",")) {
    throw new InvalidValueError("expected NAME or NAME:WEIGHT, such as detail:0.8");
  }
  if (colon < 0) return { name, weight: null };
  const weight = weightOf(text.slice(colon + 1));
  if (weight !== null) return { name, weight };
  throw new InvalidValueError(
    "expected a weight from -10 to 10 after the colon, such as detail:0.8",
  );
}

/** Reads the weight of a LoRA. */
export function readWeight(text: string): number {
  const weight = weightOf(text);
  if (weight !== null) return weight;
  throw new InvalidValueError("expected a weight from -10 to 10, such as 0.8");
}

function weightOf(text: string): number | null {
  const isNumber = /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text);
  return isNumber && Math.abs(Number(text)) <= 10 ? Number(text) : null;
}

/**
 * Reads a seed, -1 to 2^63-1 (`swarmui-protocol.md §3.3`), as text: numbers above 2^53 are not
 * exact.
 */
export function readSeed(text: string): string {
  const isWhole = /^(-1|\d{1,19})$/.test(text);
  if (!isWhole || BigInt(text) > SEED_MAX) {
    throw new InvalidValueError(`expected a whole number from -1 to ${SEED_MAX}`);
  }
  return BigInt(text).toString();
}
