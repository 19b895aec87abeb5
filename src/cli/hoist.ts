/**
 * Global options work before the command too: `asset-generator --api-url URL status`. The parser
 * knows them only behind a command, so they are moved there.
 */
import { GLOBAL_SWITCHES, GLOBAL_VALUE_OPTIONS } from "./global_options.ts";

/** A command line, sorted. */
export interface CommandLine {
  /** The command's words: `["generate", "image"]`; empty if there is none. */
  readonly words: readonly string[];
  /** The global options that stood before or among the words. */
  readonly moved: readonly string[];
  /** What stood behind the words, or is no global option before them. */
  readonly rest: readonly string[];
}

/**
 * Finds the command's words and takes the global options from among them. Stops at the first
 * thing that is neither, and at `--`.
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
    const size = globalOptionSize(arg);
    if (size > 0) {
      moved.push(...args.slice(next, next + size));
      next += size;
    } else if (arg.startsWith("-")) {
      break;
    } else {
      words.push(arg);
      next += 1;
    }
  }
  return {
    words,
    moved: splitAwkwardValues(moved),
    rest: splitAwkwardValues(args.slice(next)),
  };
}

/** How many arguments a global option takes up, itself included; 0 if it is none. */
function globalOptionSize(arg: string): number {
  if (GLOBAL_VALUE_OPTIONS.has(arg)) return 2;
  const name = arg.split("=", 1)[0] ?? "";
  if (GLOBAL_SWITCHES.has(name) || (name !== arg && GLOBAL_VALUE_OPTIONS.has(name))) return 1;
  const letters = /^-([a-z]{2,})$/i.exec(arg)?.[1] ?? "";
  const areAllSwitches = letters !== "" &&
    [...letters].every((letter) => GLOBAL_SWITCHES.has(`-${letter}`));
  return areAllSwitches ? 1 : 0;
}

/**
 * Writes `--name=value` as two arguments where the parser would not see that it is an option: it
 * knows no empty value there and none with a line break. (Such a value is never taken for an
 * option, as one that begins with a dash would be.)
 */
function splitAwkwardValues(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return args.flatMap((arg, index) => {
    if (end >= 0 && index > end) return [arg];
    const [, name, value] = /^(--[a-z][a-z-]+|-[a-z])=(|[^]*[\r\n\u2028\u2029][^]*)$/i.exec(arg) ??
      [];
    return name === undefined || value === undefined ? [arg] : [name, value];
  });
}
