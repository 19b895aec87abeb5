/** How SwarmUI names picture files by default (`swarmui-protocol.md §3.4`). */

const MAX_PART_LENGTH = 40;

/** What a name is made of. */
export interface PictureNameParts {
  /** Local time, epoch milliseconds. */
  readonly timeMs: number;
  /** Which request of its user within the minute, from 1. */
  readonly numberInMinute: number;
  readonly prompt: string;
  /** Without its extension. */
  readonly model: string;
}

/** The path without its extension: `raw/2026-08-21/1433001-a cat-tiny`. */
export function picturePath(parts: PictureNameParts): string {
  const time = new Date(parts.timeMs);
  const clock = twoDigits(time.getHours()) + twoDigits(time.getMinutes());
  const number = String(parts.numberInMinute).padStart(3, "0");
  const name = `${clock}${number}-${cleaned(parts.prompt)}-${cleaned(parts.model)}`;
  return `raw/${dateText(parts.timeMs)}/${name}`;
}

/** A date as SwarmUI writes it: `2026-08-21`. */
export function dateText(timeMs: number): string {
  const time = new Date(timeMs);
  return [time.getFullYear(), twoDigits(time.getMonth() + 1), twoDigits(time.getDate())].join("-");
}

/** What a request's minute is called, to count requests in it. */
export function minuteText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16);
}

function cleaned(part: string): string {
  const forbidden = new Set('<>:"/\\|?*~&@;#$^.');
  return [...part.slice(0, MAX_PART_LENGTH)]
    .filter((character) => !forbidden.has(character) && character >= " " && character !== "\x7f")
    .join("");
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
