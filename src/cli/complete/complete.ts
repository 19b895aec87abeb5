/**
 * `asset-generator complete`, which the scripts of `completions` call and no help tells of: what could
 * come next, for a shell. It stands outside of the commands, for it must never say anything into
 * somebody's prompt: what cannot be known is left out, and the exit code is always 0.
 *
 * The answer's first line says who completes: `words`, those of the lines that follow, `beginnings` of
 * words that go on, or `files` or `directories`, the shell itself, behind a prefix of the word after a
 * tab. Each further line is a word, and after a tab what it is.
 */
import { shortened } from "../../cut_text.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import type { CommandContext, Context } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { AnyOption } from "../option.ts";
import { readBashLine } from "./bash_line.ts";
import { findLiveValues } from "./live_values.ts";
import { suggestWords } from "./words.ts";
import type { Candidate, Suggestions } from "./words.ts";

/** A longer line would be broken beside most words on a terminal of 100 columns. */
const LONGEST_BRIEF = 70;

/** Makes a command's context, which says nothing by itself, of its options; it may throw. */
export type MakeContext = (options: GlobalOptions) => Promise<CommandContext>;

/** How a shell asks and is answered. */
interface Dialogue {
  readonly words: readonly string[];
  /** `null`: the shell cannot be given this word. */
  write(candidate: Candidate): string | null;
}

/**
 * Answers a shell. Never throws.
 *
 * @param args The shell's name, then what its script gives: see `dialogueOf()`.
 */
export async function complete(
  args: readonly string[],
  { context, makeContext }: { readonly context: Context; readonly makeContext: MakeContext },
): Promise<ExitCode> {
  try {
    const dialogue = dialogueOf(args);
    const suggestions = await suggestWords(
      dialogue.words,
      async (kind, said) => await findLiveValues(kind, await makeContext(globalOptionsOf(said))),
    );
    await context.terminal.out(answer(suggestions, dialogue));
  } catch {
    // Whoever presses Tab asked for no error.
  }
  return EXIT.ok;
}

/** What was said before the word of the server, of files and the like, as options. */
function globalOptionsOf(said: ReadonlyMap<string, string>): GlobalOptions {
  const options: Record<string, unknown> & Partial<GlobalOptions> = {};
  for (const [name, option] of Object.entries<AnyOption>(GLOBAL_OPTIONS)) {
    const text = said.get(name);
    if (text !== undefined && option.kind !== "switch") {
      options[name] = option.read(text, undefined);
    }
  }
  // Each reader gives what its place in the table wants.
  return options as GlobalOptions;
}

function dialogueOf([shell, ...rest]: readonly string[]): Dialogue {
  if (shell === "bash") {
    const [breaks = "", line = ""] = rest;
    const { words, write } = readBashLine(line, breaks);
    return { words, write: ({ text }) => write(text) };
  }
  if (shell === "powershell") {
    // It loses empty arguments and quotes in them, and what it reads may not be UTF-8.
    return {
      words: rest.map((word) => decodeURIComponent(word.replace(/^=/, ""))),
      write: ({ text, brief }) => `${encodeURIComponent(text)}\t${encodeURIComponent(brief)}`,
    };
  }
  return { words: rest, write: ({ text, brief }) => brief === "" ? text : `${text}\t${brief}` };
}

function answer({ candidates, paths }: Suggestions, { write }: Dialogue): string {
  if (paths !== null) {
    return `${paths.kind === "file" ? "files" : "directories"}\t${paths.after}\n`;
  }
  const words = candidates.filter(({ text }) => isTypeable(text));
  const goOn = words.length > 0 && words.every(({ text }) => text.endsWith("="));
  const lines = words.flatMap(({ text, brief }) => {
    const line = write({ text, brief: shownBrief(brief) });
    return line === null ? [] : [line];
  });
  return [goOn ? "beginnings" : "words", ...lines].map((line) => `${line}\n`).join("");
}

/** Its first clause, on one line. */
function shownBrief(brief: string): string {
  const [first = ""] = brief.split("; ", 1);
  return shortened(escapeForTerminal(first).replaceAll(/\s+/g, " "), LONGEST_BRIEF);
}

/** The shell prints words as they are, and a line break cannot stand in one. */
function isTypeable(text: string): boolean {
  return text !== "" && escapeForTerminal(text) === text;
}
