/**
 * Makes foreign text safe to show: model names, prompts and the server's own words may contain
 * control characters that move the cursor, colour the screen, set the window's title or reverse the
 * reading order. These are shown as escapes instead of being sent to the terminal.
 *
 * In JSON and YAML the escapes are those of the format, so a parser gets the original text.
 */

/**
 * Characters that are never printed: C0 and DEL, C1, line and paragraph separators, soft hyphen,
 * zero-width and invisible operators, bidirectional marks, embeddings, overrides and isolates,
 * interlinear marks, the byte order mark, lone surrogates, and the tag characters of plane 14. The
 * joiner U+200D is kept between two emoji, where it is a visible part of a character: a name with
 * such an emoji can then be pasted back.
 */
export function unsafe(): RegExp {
  // deno-fmt-ignore
  return /(?!(?<=\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F)?)\u200D\p{Extended_Pictographic})[\p{Cc}\p{Zl}\p{Zp}\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB\p{Cs}\u{E0000}-\u{E0FFF}]/gu;
}

/** What needs no look at its single characters, as most texts do: making `unsafe()` takes its time. */
const PLAIN = /^[\n\x20-\x7E]*$/;

/**
 * Makes foreign text safe to print on a terminal, on one line: each unsafe character becomes a
 * visible `\u{…}` with its code point in hexadecimal. All other text stays as it is.
 */
export function escapeForTerminal(text: string): string {
  if (PLAIN.test(text)) return text.replaceAll("\n", escapeCharacter);
  return text.replace(unsafe(), escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`;
}

/**
 * Makes JSON that is safe to print on a terminal. `JSON.stringify()` leaves C1 controls, one of
 * which begins a terminal command, and marks of reading order as they are. The result is always
 * well-formed Unicode.
 *
 * @param options.indent Spaces for each level; absent: one line.
 */
export function jsonText(value: unknown, options: { readonly indent?: number } = {}): string {
  const json = wellFormed(JSON.stringify(value, null, options.indent));
  if (PLAIN.test(json)) return json;
  return json.replace(
    unsafe(),
    (character) => character === "\n" ? character : jsonEscape(character),
  );
}

/**
 * Replaces lone surrogates by U+FFFD, as `toWellFormed()` does. They are not Unicode, and some JSON
 * parsers refuse their escapes, which `JSON.stringify()` writes.
 */
function wellFormed(json: string): string {
  if (!json.includes("\\ud")) return json;
  return json.replace(
    /\\\\|\\ud[89a-f][0-9a-f]{2}/g,
    (found) => found === "\\\\" ? found : "\uFFFD",
  );
}

function jsonEscape(character: string): string {
  const units = character.split("").map((unit) => unit.charCodeAt(0));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
