/**
 * Writes a command as a line for `sh` that is safe to print and to run: control characters are
 * escaped.
 */
import { unsafe } from "../../render/escape.ts";

/** Characters that have no special meaning in a shell. */
const PLAIN = /^[\w@%+:,./-][\w@%+=:,./-]*$/;

/**
 * Writes a command line with its standard input. `null` if a text contains NUL, which cannot be
 * written.
 */
export function shellLine(
  words: readonly string[],
  input: string | null,
): string | null {
  if ([...words, input ?? ""].some((word) => word.includes("\0"))) return null;
  const line = words.map(shellWord).join(" ");
  return input === null ? line : `printf %s ${shellWord(input)} | ${line}`;
}

/** A word in quotes, where it needs them. */
function shellWord(word: string): string {
  if (PLAIN.test(word)) return word;
  const [text = "", end = ""] = splitEnd(word);
  // printf makes the characters; $(…) would drop a line break at the end, so that one is outside.
  return hasUnsafe(text)
    ? `"$(printf '${printfText(text)}')"${end === "" ? "" : quoted(end)}`
    : quoted(word);
}

function splitEnd(word: string): readonly [string, string] {
  const text = word.replace(/\n+$/, "");
  return [text, word.slice(text.length)];
}

function hasUnsafe(text: string): boolean {
  return (text.match(unsafe()) ?? []).some((character) => character !== "\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The format of a printf: bytes of unsafe characters in octal digits. */
function printfText(text: string): string {
  const bytes = new TextEncoder();
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll("%", "%%")
    .replaceAll("'", "\\047")
    .replace(
      unsafe(),
      (character) =>
        character === "\n"
          ? character
          : [...bytes.encode(character)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
            .join(""),
    );
}
