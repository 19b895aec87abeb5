/** The width of texts on a terminal. Pure. */
import { eastAsianWidth } from "get-east-asian-width";
import { charactersOf } from "../cut_text.ts";

const PLAIN = /^[\x20-\x7E]*$/;
/** Characters without a width of their own: accents, joiners, emoji selectors. */
const WITHOUT_WIDTH = /^[\p{M}\u200D\uFE0F]$/u;

/**
 * The columns that a text takes, or a few more: terminals disagree about emoji that consist of
 * several, so here each part counts, and no line that is cut to a width wraps. The text must not
 * contain control characters.
 */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return charactersOf(text).reduce((sum, character) => sum + characterWidth(character), 0);
}

function characterWidth(character: string): number {
  const points = [...character].filter((point) => !WITHOUT_WIDTH.test(point));
  const width = points.reduce((sum, point) => sum + eastAsianWidth(point.codePointAt(0) ?? 0), 0);
  // The selector U+FE0F makes a wide emoji of a narrow character.
  return character.includes("\uFE0F") ? Math.max(2, width) : width;
}
