/**
 * A command line as bash has it while it is being typed. Bash gives it whole and replaces only what
 * stands behind the last character that breaks words for readline (`COMP_WORDBREAKS`: spaces, quotes,
 * `=`, `:` and more), so its words are read here, and what bash is to put there is written here.
 */

/** A line, understood up to the cursor. */
export interface BashLine {
  /** Without assignments before the program, and without its name; the last is being typed. */
  readonly words: readonly string[];
  /**
   * Writes a word that is to stand for the last one: what bash puts in place of the part of it that
   * bash replaces. `null` if it does not go on from what was typed.
   */
  write(word: string): string | null;
}

/** The quotes that the cursor stands in. */
type Quote = "" | "'" | '"';

/**
 * Reads a line.
 *
 * @param line Up to the cursor.
 * @param breaks `COMP_WORDBREAKS`.
 */
export function readBashLine(line: string, breaks: string): BashLine {
  const words: string[] = [];
  let word = "";
  let isWord = false;
  let quote: Quote = "";
  // Where bash begins to replace, as the length of the word's text before it.
  let kept = 0;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? "";
    if (quote === "" && /\s/.test(character)) {
      if (isWord) words.push(word);
      word = "";
      isWord = false;
      kept = 0;
      continue;
    }
    isWord = true;
    if (quote === "" && (character === "'" || character === '"')) {
      quote = character;
      kept = word.length;
    } else if (character === quote) {
      quote = "";
      kept = word.length;
    } else if (character === "\\" && isEscape(quote, line[at + 1])) {
      word += line[++at] ?? "";
    } else {
      word += character;
      if (quote === "" && breaks.includes(character)) kept = word.length;
    }
  }
  const start = words.findIndex((one) => !/^\w+\+?=/.test(one));
  const before = start < 0 ? [] : words.slice(start + 1);
  const typed = word.slice(0, kept);
  return {
    words: [...before, word],
    write: (text) => text.startsWith(typed) ? quoted(text.slice(kept), quote) : null,
  };
}

function isEscape(quote: Quote, next: string | undefined): boolean {
  return quote === "" || (quote === '"' && next !== undefined && '"\\$`'.includes(next));
}

/**
 * As it must be written where the cursor stands. Bash closes quotes that are open itself. In double
 * ones nothing keeps `!` from meaning an earlier command.
 */
function quoted(text: string, quote: Quote): string | null {
  if (quote === "'") return text.replaceAll("'", `'\\''`);
  if (quote === '"') return text.includes("!") ? null : text.replace(/["\\$`]/g, "\\$&");
  return text.replace(/[^\p{L}\p{M}\p{N}\p{Extended_Pictographic}\u200D%+,./:=@_-]/gu, "\\$&");
}
