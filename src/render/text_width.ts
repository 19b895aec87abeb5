/** How wide texts are on a terminal. Pure. */
import { eastAsianWidth } from "get-east-asian-width";
import { charactersOf } from "../cut_text.ts";

const PLAIN = /^[\x20-\x7E]*$/;
/** What takes no column of its own: accents, joiners, selectors of emoji. */
const WITHOUT_WIDTH = /^[\p{M}\u200D\uFE0F]$/u;

/**
 * The columns that a text takes, or a few more: terminals disagree on emoji that are joined of several,
 * which are counted one by one here, so that no line that is cut to a width wraps. The text holds no
 * control characters.
 */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return charactersOf(text).reduce((sum, character) => sum + characterWidth(character), 0);
}

function characterWidth(character: string): number {
  const points = [...character].filter((point) => !WITHOUT_WIDTH.test(point));
  const width = points.reduce((sum, point) => sum + eastAsianWidth(point.codePointAt(0) ?? 0), 0);
  // The selector U+FE0F makes an emoji of a narrow sign.
  return character.includes("\uFE0F") ? Math.max(2, width) : width;
}
