/**
 * Cuts texts where a reader would: never inside a code point, nor inside a character that consists
 * of several, such as a letter with accents, a flag, or emoji joined by U+200D. Pure, and without
 * `Intl`, which would take longer to load than the rest of `status`.
 */

/**
 * A character as people see it. Close to Unicode's extended grapheme clusters (UAX 29): the rules
 * that are missing can split a syllable of Indic scripts, but never a code point.
 *
 * Made where a text is cut: its sets of characters take V8 a twentieth of a start.
 */
function character(): RegExp {
  // deno-fmt-ignore
  return /\r\n|\p{Regional_Indicator}\p{Regional_Indicator}|\p{Emoji}(?:\p{Emoji_Modifier}|\uFE0F\u20E3?|[\u{E0020}-\u{E007E}]+\u{E007F})?(?:\p{M}|\u200D(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F)?)?)*|[\u1100-\u115F]*[\u1160-\u11FF]+|[\s\S][\p{M}\u200D\p{Emoji_Modifier}]*/gu;
}

/** The characters of a text, as people see them. */
export function charactersOf(text: string): readonly string[] {
  return text.match(character()) ?? [];
}

/** A text that was cut to a limit. */
export interface Cut {
  readonly text: string;
  readonly isCut: boolean;
}

/**
 * Cuts a text to a limit and keeps its beginning.
 *
 * @param limits.most The limit, in the unit of `measure`.
 * @param limits.measure The size of one character. @default {UTF-16 units}
 */
export function cutText(text: string, limits: {
  readonly most: number;
  readonly measure?: (character: string) => number;
}): Cut {
  const { most, measure } = limits;
  if (measure === undefined && text.length <= most) return { text, isCut: false };
  let taken = 0;
  for (const { 0: found, index } of text.matchAll(character())) {
    taken += measure === undefined ? found.length : measure(found);
    if (taken > most) return { text: text.slice(0, index), isCut: true };
  }
  return { text, isCut: false };
}

/** The first `most` UTF-16 units of a text, followed by `…` if it is longer. */
export function shortened(text: string, most: number): string {
  const { text: kept, isCut } = cutText(text, { most });
  return isCut ? `${kept}…` : text;
}
