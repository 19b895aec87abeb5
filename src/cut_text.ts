/**
 * Cutting texts where a reader would: never within a code point or a character that is made of
 * several, as a letter with its accents, a flag, or emoji joined by U+200D. Pure, and without `Intl`,
 * which costs a `status` more than all else.
 */

/**
 * A character as people see it, near enough to Unicode's extended grapheme clusters (UAX 29): what is
 * missing cuts a syllable of Indic scripts, never a code point.
 */
const CHARACTER =
  // deno-fmt-ignore
  /\r\n|\p{Regional_Indicator}\p{Regional_Indicator}|\p{Emoji}(?:\p{Emoji_Modifier}|\uFE0F\u20E3?|[\u{E0020}-\u{E007E}]+\u{E007F})?(?:\p{M}|\u200D(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F)?)?)*|[\u1100-\u115F]*[\u1160-\u11FF]+|[\s\S][\p{M}\u200D\p{Emoji_Modifier}]*/gu;

/** The characters of a text, as people see them. */
export function charactersOf(text: string): readonly string[] {
  return text.match(CHARACTER) ?? [];
}

/** What of a text fits. */
export interface Cut {
  readonly text: string;
  readonly isCut: boolean;
}

/**
 * The beginning of a text.
 *
 * @param limits.most How much of `measure` it may have.
 * @param limits.measure What a character takes. @default {UTF-16 units}
 */
export function cutText(text: string, limits: {
  readonly most: number;
  readonly measure?: (character: string) => number;
}): Cut {
  const { most, measure } = limits;
  if (measure === undefined && text.length <= most) return { text, isCut: false };
  let taken = 0;
  for (const { 0: character, index } of text.matchAll(CHARACTER)) {
    taken += measure === undefined ? character.length : measure(character);
    if (taken > most) return { text: text.slice(0, index), isCut: true };
  }
  return { text, isCut: false };
}

/** The beginning of a text of at most so many UTF-16 units, with `…` behind it if there is more. */
export function shortened(text: string, most: number): string {
  const { text: kept, isCut } = cutText(text, { most });
  return isCut ? `${kept}…` : text;
}
