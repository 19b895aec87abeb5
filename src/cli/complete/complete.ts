/**
 * `asset-generator complete`, which the scripts of `completions` call and no help mentions: says
 * what could come next on a command line. It is separate from the commands because it must never
 * write anything into somebody's prompt: what cannot be known is left out, and the exit code is
 * always 0.
 *
 * The first line of the answer says who completes: `words` (those in the following lines),
 * `beginnings` (of words that go on), or `files` or `directories` (the shell itself, after a prefix
 * of the word, which follows a tab). Each further line is a word, and after a tab its description.
 */
import { shortened } from "../../cut_text.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import type { CommandContext, Context } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { ANY_SERVER } from "../generate/generate_options.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { AnyOption } from "../option.ts";
import { readBashLine } from "./bash_line.ts";
import { findLiveValues } from "./live_values.ts";
import { suggestWords } from "./words.ts";
import type { Candidate, Suggestions } from "./suggest_value.ts";

/** Together with most words, a longer description would not fit in a terminal of 100 columns. */
const LONGEST_BRIEF = 70;

/** Makes a command's context, which prints nothing by itself, from its options; it may throw. */
export type MakeContext = (options: GlobalOptions) => Promise<CommandContext>;

/** How a shell asks, and how it gets the answer. */
interface Dialogue {
  readonly words: readonly string[];
  /** `null`: the shell cannot use this word. */
  write(candidate: Candidate): string | null;
}

/**
 * Answers a shell. Never throws.
 *
 * @param args The shell's name, then the arguments of its script: see `dialogueOf()`.
 */
export async function complete(
  args: readonly string[],
  { context, makeContext }: { readonly context: Context; readonly makeContext: MakeContext },
): Promise<ExitCode> {
  try {
    const dialogue = dialogueOf(args);
    const suggestions = await suggestWords(
      dialogue.words,
      async (kind, said) => {
        const isUnfinished = kind === "server" || kind === "server-or-any";
        const options = globalOptionsOf(said, { isServerUnfinished: isUnfinished });
        return await findLiveValues(kind, await makeContext(options));
      },
    );
    await context.terminal.out(answer(suggestions, dialogue));
  } catch {
    // Pressing Tab must never print an error.
  }
  return EXIT.ok;
}

/**
 * The options so far that choose the server, files and the like.
 *
 * @param how.isServerUnfinished Whether the server's name is what is being completed: it names none yet.
 */
function globalOptionsOf(
  said: ReadonlyMap<string, string>,
  { isServerUnfinished }: { readonly isServerUnfinished: boolean },
): GlobalOptions {
  const options: Record<string, unknown> & Partial<GlobalOptions> = {};
  for (const [name, option] of Object.entries<AnyOption>(GLOBAL_OPTIONS)) {
    const text = said.get(name);
    if (name === "server" && (isServerUnfinished || text === ANY_SERVER)) continue;
    if (text !== undefined && option.kind !== "switch") {
      options[name] = option.read(text, undefined);
    }
  }
  // Each reader returns the type of its entry in the table.
  return options as GlobalOptions;
}

function dialogueOf([shell, ...rest]: readonly string[]): Dialogue {
  if (shell === "bash") {
    const [breaks = "", line = ""] = rest;
    const { words, write } = readBashLine(line, breaks);
    return { words, write: ({ text }) => write(text) };
  }
  if (shell === "powershell") {
    // PowerShell loses empty arguments and the quotes in arguments, and may not read UTF-8.
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

/** The first clause of a description, on one line. */
function shownBrief(brief: string): string {
  const [first = ""] = brief.split("; ", 1);
  return shortened(escapeForTerminal(first).replaceAll(/\s+/g, " "), LONGEST_BRIEF);
}

/** The shell prints words unchanged, and a word cannot contain a line break. */
function isTypeable(text: string): boolean {
  return text !== "" && escapeForTerminal(text) === text;
}
