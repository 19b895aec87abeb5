/** The options that commands share, before and behind their names. Declared here, once. */
import { UsageError } from "../errors.ts";
import { choiceOption, switchOption, valueOption } from "./option.ts";
import type { OptionTable } from "./option.ts";
import { OUTPUT_FORMATS, readRequestTimeoutMs } from "./settings.ts";
import type { OutputFormat } from "./settings.ts";
import { spellingsOf } from "./spelling.ts";
import type { Spellings } from "./spelling.ts";
import { readPath, readSecret, readServerUrl } from "./values.ts";

/** What the global options say; `undefined`: not given. A command's own options extend this. */
export interface GlobalOptions {
  readonly apiUrl: string | undefined;
  readonly apiKey: string | undefined;
  readonly token: string | undefined;
  readonly stateFile: string | undefined;
  readonly format: OutputFormat | undefined;
  readonly output: string | undefined;
  /** Milliseconds. */
  readonly requestTimeout: number | undefined;
  readonly quiet: boolean | undefined;
  readonly verbose: boolean | undefined;
  readonly noColor: boolean | undefined;
}

/**
 * The global options, to be spread into a command's table behind its own. One that would do nothing
 * there would be a lie: the command refuses it, `output: { ...GLOBAL_OPTIONS.output, refused: "…" }`,
 * with what comes after `Cannot use --output "x": `.
 */
export const GLOBAL_OPTIONS: OptionTable<GlobalOptions> = {
  apiUrl: valueOption({
    placeholder: "URL",
    brief: "SwarmUI's address",
    default: "http://127.0.0.1:7801",
    read: readServerUrl,
  }),
  apiKey: valueOption({
    placeholder: "KEY",
    brief: 'Authorization header; one word gets "Bearer " before it',
    isSecret: true,
    read: readSecret,
  }),
  token: valueOption({
    placeholder: "TOKEN",
    brief: "Account token, the cookie swarm_token",
    isSecret: true,
    read: readSecret,
  }),
  stateFile: valueOption({
    placeholder: "FILE",
    brief: "The state file that is shared",
    default: ".asset-generator-state.json",
    read: readPath,
  }),
  format: choiceOption({
    letter: "f",
    placeholder: "FORMAT",
    brief: "Format of the result",
    choices: OUTPUT_FORMATS,
  }),
  output: valueOption({
    letter: "o",
    placeholder: "FILE",
    brief: "Write the result to a file, whole or not at all",
    read: readPath,
  }),
  requestTimeout: valueOption({
    placeholder: "DURATION",
    brief: "Deadline of each question, as 500ms or 5s",
    default: "5s",
    read: readRequestTimeoutMs,
  }),
  quiet: switchOption({ letter: "q", brief: "Say nothing but the result and errors" }),
  verbose: switchOption({ letter: "v", brief: "Say more, on stderr" }),
  noColor: switchOption({ brief: "No colour [NO_COLOR]" }),
};

/** How the global options are written. */
export const GLOBAL_SPELLINGS: Spellings = spellingsOf(GLOBAL_OPTIONS);

/** What asks for a text instead of a command's work; known wherever options are. */
export const ASKING_OPTIONS: OptionTable<{ help: boolean; version: boolean }> = {
  help: switchOption({ letter: "h", brief: "Show help; also behind each command" }),
  version: switchOption({ letter: "V", brief: "Show the version" }),
};

/**
 * Checks what single options cannot.
 *
 * @throws {UsageError} If two of them contradict each other.
 */
export function checkGlobalOptions(options: GlobalOptions): void {
  if (options.quiet && options.verbose) {
    throw new UsageError("Cannot use --quiet and --verbose together: they contradict each other");
  }
}
