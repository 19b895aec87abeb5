/** How SwarmUI names picture files by default (`swarmui-protocol.md §3.4`). */

import { cutText } from "../../cut_text.ts";

const MAX_PART_LENGTH = 40;
const FORBIDDEN: ReadonlySet<string> = new Set('<>:"/\\|?*~&@;#$^.');
const DEFAULT_FORMAT = "raw/[year]-[month]-[day]/[hour][minute][request_time_inc]-[prompt]-[model]";

/** What a name is made of. */
export interface PictureNameParts {
  /** Local time, epoch milliseconds. */
  readonly timeMs: number;
  /** The number of the request among its user's requests in this minute, from 1. */
  readonly numberInMinute: number;
  readonly prompt: string;
  /** Without its extension. */
  readonly model: string;
  readonly seed: bigint;
}

/**
 * The path without its extension: `raw/2026-08-21/1433001-a cat-tiny`.
 *
 * @param format `overrideoutpathformat`; `undefined` or empty: SwarmUI's default.
 */
export function picturePath(format: string | undefined, parts: PictureNameParts): string {
  const time = new Date(parts.timeMs);
  const fields: Readonly<Record<string, string>> = {
    year: String(time.getFullYear()),
    month: twoDigits(time.getMonth() + 1),
    day: twoDigits(time.getDate()),
    hour: twoDigits(time.getHours()),
    minute: twoDigits(time.getMinutes()),
    second: twoDigits(time.getSeconds()),
    request_time_inc: String(parts.numberInMinute).padStart(3, "0"),
    seed: String(parts.seed),
    prompt: cleaned(parts.prompt),
    model: cleaned(parts.model),
  };
  return (format || DEFAULT_FORMAT).split("/")
    .map((part) => part.replaceAll(/\[(\w+)\]/g, (whole, field) => fields[field] ?? whole))
    .map((part) => withoutForbidden(part))
    .filter((part) => part !== "")
    .join("/");
}

/** A date as SwarmUI writes it: `2026-08-21`. */
export function dateText(timeMs: number): string {
  const time = new Date(timeMs);
  return [time.getFullYear(), twoDigits(time.getMonth() + 1), twoDigits(time.getDate())].join("-");
}

/** The name of a request's minute, to count requests in it. */
export function minuteText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16);
}

function cleaned(part: string): string {
  // SwarmUI cuts at any UTF-16 unit; a client could not ask for a name with half a character.
  return withoutForbidden(cutText(part.toWellFormed(), { most: MAX_PART_LENGTH }).text);
}

function withoutForbidden(part: string): string {
  return [...part]
    .filter((character) => !FORBIDDEN.has(character) && character >= " " && character !== "\x7f")
    .join("");
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
