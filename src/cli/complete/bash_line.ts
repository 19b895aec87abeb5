/**
 * A command line as bash gives it while it is being typed. Bash gives the whole line and replaces
 * only the part after the last character that breaks words for readline (`COMP_WORDBREAKS`: spaces,
 * quotes, `=`, `:` and more). So this module splits the line into words, and writes what bash is to
 * insert.
 */

/** A line, parsed up to the cursor. */
export interface BashLine {
  /** Without assignments before the program, and without its name; the last one is being typed. */
  readonly words: readonly string[];
  /**
   * Returns what bash must insert so that a word replaces the last one. `null` if the word does not
   * begin with what was typed.
   */
  write(word: string): string | null;
}

/** The quotes around the cursor. */
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
 * Quotes a text for the position of the cursor. Bash closes open quotes itself. In double quotes,
 * nothing keeps `!` from meaning an earlier command.
 */
function quoted(text: string, quote: Quote): string | null {
  if (quote === "'") return text.replaceAll("'", `'\\''`);
  if (quote === '"') return text.includes("!") ? null : text.replace(/["\\$`]/g, "\\$&");
  // What letters are takes a tenth of a start to look up, and hardly a word needs it.
  if (/^[ -~]*$/.test(text)) return text.replace(/[^A-Za-z0-9%+,./:=@_-]/g, "\\$&");
  return text.replace(/[^\p{L}\p{M}\p{N}\p{Extended_Pictographic}\u200D%+,./:=@_-]/gu, "\\$&");
}
