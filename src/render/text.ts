/** Numbers, times, phrases and sections as people read them. Pure. */
import { cutText } from "../cut_text.ts";
import { escapeForTerminal } from "./escape.ts";

const RULE = "─".repeat(47);
const LABEL_WIDTH = 15;

/** A duration: under a second `0.4s`, under a minute `45s`, under an hour `2.5m`, else `1.2h`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, durationMs) / 1000;
  if (seconds >= 0.1 && seconds < 1) return `${(Math.floor(seconds * 10) / 10).toFixed(1)}s`;
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  // Truncated, not rounded: 59.99 minutes must not read 60.0m.
  if (seconds < 3600) return `${(Math.floor(seconds / 6) / 10).toFixed(1)}m`;
  return `${(Math.floor(seconds / 360) / 10).toFixed(1)}h`;
}

/** A fraction 0–1 as percent with one decimal, `45.0%`; anything below 1 is never `100.0%`. */
export function formatPercent(fraction: number): string {
  return `${(fraction < 1 ? Math.min(fraction * 100, 99.9) : 100).toFixed(1)}%`;
}

/**
 * A fraction 0–1 for documents, with four digits, so that floating-point noise does not show.
 * Anything below 1 is never rounded up to 1.
 */
export function roundFraction<T extends number | null>(fraction: T): T | number {
  if (fraction === null) return fraction;
  const rounded = Math.round(fraction * 10_000) / 10_000;
  return fraction < 1 ? Math.min(rounded, 0.9999) : rounded;
}

/** A size in bytes with a binary unit, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return unit === 0 ? `${size} B` : `${size.toFixed(1)} ${units[unit]}`;
}

/** A count with its noun: `1 image`, `2 images`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Milliseconds as `12ms`; `<1ms` instead of zero. */
export function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 1 ? "<1ms" : `${Math.round(milliseconds)}ms`;
}

/** A heading, its rule and lines; ends with a line break. */
export function section(heading: string, lines: readonly string[]): string {
  return [heading, RULE, ...lines].map((line) => `${line}\n`).join("");
}

/** A label and its value, which may be foreign text; no line if there is no value. */
export function field(
  indent: number,
  label: string,
  value: string | null | undefined,
): readonly string[] {
  if (value === null || value === undefined || value === "") return [];
  return [`${" ".repeat(indent)}${`${label}:`.padEnd(LABEL_WIDTH)}${escapeForTerminal(value)}`];
}

/** Says whether a line is a rule, which is only made shorter where there is little room. */
export function isRule(line: string): boolean {
  return /^\u2500+$/.test(line);
}

/**
 * A line cut to a number of columns, and marked with `…`: between two words, or within a long one. A
 * rule is only made shorter. Each code point counts as one column.
 */
export function cutLine(line: string, columns: number): string {
  const characters = [...line];
  if (characters.length <= columns) return line;
  if (isRule(line)) return line.slice(0, columns);
  // One more than fits before the mark: if that is a space, the last word fits.
  const end = characters.slice(0, columns).lastIndexOf(" ");
  const kept = characters.slice(0, Math.max(0, end)).join("").trimEnd();
  // A part of a long name says more than none of it.
  if ([...kept].length >= columns / 2) return `${kept}…`;
  return `${cutText(line, { most: columns - 1, measure: (one) => [...one].length }).text}…`;
}

/** Why a remaining time has grown, as the end of a phrase, by the cause (`DelayCause`). */
const DELAYS: ReadonlyMap<string, string> = new Map([
  ["loading", " once the model is loaded"],
  ["waiting", " once a backend is free"],
  ["slower", ", slower than before"],
]);

/** Why the remaining time has grown, as the end of a phrase; empty if it has not. */
export function delayText(cause: string | null | undefined): string {
  return DELAYS.get(cause ?? "") ?? "";
}

/** The cause as documents carry it: one of those that are known, whatever a record says. */
export function delayCause(cause: string | null | undefined): string | null {
  return cause !== null && cause !== undefined && DELAYS.has(cause) ? cause : null;
}
