const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a duration as people write it: `500ms`, `5s`, `1.5m`, `2h`, `1d`; a bare number is seconds.
 *
 * @returns Milliseconds, rounded; `null` if the text is no duration.
 */
export function readDurationMs(text: string): number | null {
  const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h|d)?$/.exec(text.trim()) ?? [];
  const unitMs = UNITS_MS[unit];
  if (amount === undefined || unitMs === undefined) return null;
  const durationMs = Math.round(Number(amount) * unitMs);
  return Number.isSafeInteger(durationMs) ? durationMs : null;
}

/** Writes a duration so that `readDurationMs()` reads it again, in the largest unit that fits. */
export function writeDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  for (const unit of ["d", "h", "m", "s"]) {
    const unitMs = UNITS_MS[unit] ?? 1;
    if (durationMs >= unitMs && durationMs % unitMs === 0) return `${durationMs / unitMs}${unit}`;
  }
  return `${durationMs}ms`;
}
