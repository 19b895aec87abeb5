/**
 * Global options, `--help` and `--version` work before the command too: `asset-generator --api-url
 * URL status`. The command must be known before its options can be parsed, so they are moved behind
 * it.
 */
import { LEADING_SPELLINGS } from "./global_options.ts";
import { takeApart, wantsNext } from "./spelling.ts";

/** A command line, sorted. */
export interface CommandLine {
  /** The command's words: `["generate", "image"]`; empty if there is none. */
  readonly words: readonly string[];
  /** The global options that were before or among the words. */
  readonly moved: readonly string[];
  /** Everything after the words, or the first thing before them that is not a global option. */
  readonly rest: readonly string[];
}

/**
 * Finds the command's words and takes the global options out of them. Stops at the first argument
 * that is neither, and at `--`.
 *
 * @param isGroup Says whether words name a group, so that one more word belongs to the command.
 */
export function hoistGlobalOptions(
  args: readonly string[],
  isGroup: (words: readonly string[]) => boolean,
): CommandLine {
  const words: string[] = [];
  const moved: string[] = [];
  let next = 0;
  while (next < args.length && isGroup(words)) {
    const arg = args[next] ?? "";
    const options = takeApart(arg, LEADING_SPELLINGS);
    if (options.some(({ known }) => known === undefined)) break;
    const size = options.some(wantsNext) ? 2 : 1;
    (options.length > 0 ? moved : words).push(...args.slice(next, next + size));
    next += size;
  }
  return { words, moved, rest: args.slice(next) };
}

/** The global options of a command line that may not be parsed, each with what follows it. */
export function saidIn(
  args: readonly string[],
): ReadonlyMap<string | undefined, string | undefined> {
  const said = new Map<string | undefined, string | undefined>();
  for (const [index, arg] of args.entries()) {
    for (const { known, value } of takeApart(arg, LEADING_SPELLINGS)) {
      said.set(known?.name, value ?? args[index + 1]);
    }
  }
  return said;
}
