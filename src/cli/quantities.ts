/** Reads numbers and durations as people type them. */
import { InvalidValueError } from "./values.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Makes a reader of a whole number in a range, including both ends. */
export function wholeNumberReader(
  range: { readonly min: number; readonly max: number },
): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (value >= range.min && value <= range.max) return value;
    throw new InvalidValueError(`expected a whole number from ${range.min} to ${range.max}`);
  };
}

/** Makes a reader of a number in a range, including both ends; no exponents, no hexadecimals. */
export function numberReader(
  range: { readonly min: number; readonly max: number },
): (text: string) => number {
  return (text) => {
    const value = /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN;
    if (value >= range.min && value <= range.max) return value;
    throw new InvalidValueError(`expected a number from ${range.min} to ${range.max}`);
  };
}

/** Makes a reader of a duration in a range, including both ends; it returns milliseconds. */
export function durationReader(
  range: { readonly minMs: number; readonly maxMs: number },
): (text: string) => number {
  return (text) => {
    const durationMs = readDurationMs(text);
    if (durationMs !== null && durationMs >= range.minMs && durationMs <= range.maxMs) {
      return durationMs;
    }
    const from = writeDuration(range.minMs);
    throw new InvalidValueError(
      `expected a duration from ${from} to ${
        writeDuration(range.maxMs)
      }, such as 500ms, 5s or 1h30m`,
    );
  };
}

/**
 * Reads a duration as people write it: `500ms`, `5s`, `1.5m`, `2h`, `1d`, or several units from the
 * largest to the smallest: `1h30m`. A bare number is seconds.
 *
 * @returns Milliseconds, rounded; `null` if the text is not a duration.
 */
export function readDurationMs(text: string): number | null {
  const trimmed = text.trim();
  const written = /^(\d+(\.\d+)?|\.\d+)$/.test(trimmed) ? `${trimmed}s` : trimmed;
  if (!/^((\d+(\.\d+)?|\.\d+)(ms|s|m|h|d))+$/.test(written)) return null;
  let totalMs = 0;
  let lastUnitMs = Infinity;
  for (const [, amount, unit = ""] of written.matchAll(/([\d.]+)([a-z]+)/g)) {
    const unitMs = UNITS_MS[unit] ?? NaN;
    if (!(unitMs < lastUnitMs)) return null;
    lastUnitMs = unitMs;
    totalMs += Number(amount) * unitMs;
  }
  const durationMs = Math.round(totalMs);
  return Number.isSafeInteger(durationMs) ? durationMs : null;
}

/**
 * Writes a duration in the largest unit that fits, so that `readDurationMs()` can read it again.
 */
export function writeDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  for (const unit of ["d", "h", "m", "s"]) {
    const unitMs = UNITS_MS[unit] ?? 1;
    if (durationMs >= unitMs && durationMs % unitMs === 0) return `${durationMs / unitMs}${unit}`;
  }
  return `${durationMs}ms`;
}
