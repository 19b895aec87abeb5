/**
 * The options that commands share, before and after their names. Declared here, once: parsing, help
 * and hoisting read this table. An option that is also a setting is resolved in `settings.ts`.
 */
import { UsageError } from "../errors.ts";
import { choiceOption, listOption, switchOption, valueOption, writeOption } from "./option.ts";
import type { OptionTable } from "./option.ts";
import { OUTPUT_FORMATS, readRequestTimeoutMs } from "./settings.ts";
import type { OutputFormat } from "./setting_layers.ts";
import { spellingsOf } from "./spelling.ts";
import type { Spellings } from "./spelling.ts";
import type { ColorChoice } from "./terminal.ts";
import {
  readHeader,
  readHeaderFile,
  readPath,
  readRedisPrefix,
  readRedisUrl,
  readSecret,
  readServerName,
  readServerUrl,
  readValuePath,
} from "./values.ts";
import type { Header } from "./values.ts";

/** What the global options say; `undefined`: not given. A command's own options extend this. */
export interface GlobalOptions {
  readonly apiUrl: string | undefined;
  readonly apiKey: string | undefined;
  readonly apiKeyFile: string | undefined;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly header: readonly Header[] | undefined;
  readonly headerFile: readonly { readonly name: string; readonly file: string }[] | undefined;
  /** An entry of the configuration file. */
  readonly server: string | undefined;
  readonly config: string | undefined;
  readonly stateFile: string | undefined;
  readonly redisUrl: string | undefined;
  readonly redisUrlFile: string | undefined;
  readonly redisPrefix: string | undefined;
  readonly redisShareSessions: boolean | undefined;
  readonly format: OutputFormat | undefined;
  /** A path such as `images[].url`. */
  readonly get: string | undefined;
  readonly output: string | undefined;
  /** Milliseconds. */
  readonly requestTimeout: number | undefined;
  readonly quiet: boolean | undefined;
  readonly verbose: boolean | undefined;
  readonly color: ColorChoice | undefined;
  readonly noColor: boolean | undefined;
}

/** All choices of `--color`. */
export const COLOR_CHOICES: readonly ColorChoice[] = ["auto", "always", "never"];

/**
 * The global options, to be spread into a command's table behind its own. One that would do nothing
 * there would be a lie: the command refuses it, `output: { ...GLOBAL_OPTIONS.output, refused: "…" }`,
 * with what comes after `Cannot use --output "x": `.
 */
export const GLOBAL_OPTIONS: OptionTable<GlobalOptions> = {
  apiUrl: valueOption({
    placeholder: "URL",
    brief: "SwarmUI's address; HOST:PORT alone means http://HOST:PORT",
    default: "http://127.0.0.1:7801",
    read: readServerUrl,
  }),
  apiKey: valueOption({
    placeholder: "KEY",
    brief: 'Sent as the Authorization header; one word gets "Bearer " before it',
    isSecret: true,
    read: readSecret,
  }),
  apiKeyFile: valueOption({
    placeholder: "FILE",
    brief: "File that holds the API key; - for standard input",
    read: readPath,
  }),
  token: valueOption({
    placeholder: "TOKEN",
    brief: "Account token: the value of the cookie swarm_token",
    isSecret: true,
    read: readSecret,
  }),
  tokenFile: valueOption({
    placeholder: "FILE",
    brief: "File that holds the token; - for standard input",
    read: readPath,
  }),
  header: listOption({
    placeholder: "HEADER",
    brief: "A header for the server, such as 'X-Team: art'",
    isSecret: true,
    read: readHeader,
  }),
  headerFile: listOption({
    placeholder: "NAME:FILE",
    brief: "A header for the server whose value a file holds",
    // Somebody may give the value itself.
    isSecret: true,
    read: readHeaderFile,
  }),
  server: valueOption({
    placeholder: "NAME",
    brief: "Server of the configuration file to use; --api-url takes another address",
    completes: "server",
    read: readServerName,
  }),
  config: valueOption({
    placeholder: "FILE",
    brief: "Configuration file; /dev/null for none",
    default: "~/.config/asset-generator/config.yaml",
    read: readPath,
  }),
  stateFile: valueOption({
    placeholder: "FILE",
    brief: "State file through which processes see each other's generations",
    default: ".asset-generator-state.json",
    read: readPath,
  }),
  redisUrl: valueOption({
    placeholder: "URL",
    brief: "Redis through which machines see each other's generations, such as redis://HOST:6379",
    default: "none",
    isSecret: true,
    read: readRedisUrl,
  }),
  redisUrlFile: valueOption({
    placeholder: "FILE",
    brief: "File that holds the address of Redis; - for standard input",
    read: readPath,
  }),
  redisPrefix: valueOption({
    placeholder: "TEXT",
    brief: "What all keys on Redis begin with; teams that differ in it do not see each other",
    default: "asset-generator:",
    read: readRedisPrefix,
  }),
  redisShareSessions: switchOption({
    brief:
      "Share server sessions by Redis too, so that other machines can cancel and ask exactly; " +
      "whoever can read that Redis can then use them",
  }),
  format: choiceOption({
    letter: "f",
    placeholder: "FORMAT",
    brief: "Format of the result",
    default: "table",
    choices: OUTPUT_FORMATS,
  }),
  get: valueOption({
    placeholder: "PATH",
    brief: "Print one value of the JSON result, such as verdict, or images[].url for one a line; " +
      "exit 1 if it is not there",
    read: readValuePath,
  }),
  output: valueOption({
    letter: "o",
    placeholder: "FILE",
    brief: "Write the result to this file instead of stdout",
    read: readPath,
  }),
  requestTimeout: valueOption({
    placeholder: "DURATION",
    brief: "How long each request to the server may take, such as 500ms or 5s",
    default: "5s",
    read: readRequestTimeoutMs,
  }),
  quiet: switchOption({
    letter: "q",
    brief:
      "Print no text, only paths, URLs, IDs or names where the command has them; errors, and " +
      "results as JSON or YAML, are still printed",
  }),
  verbose: switchOption({ letter: "v", brief: "Print more about what happens, on stderr" }),
  color: choiceOption({
    placeholder: "WHEN",
    brief: "When to use colour",
    default: "auto",
    choices: COLOR_CHOICES,
  }),
  noColor: switchOption({ brief: "The same as --color never" }),
};

/** The global options that are of no use to a command that asks no server, refused. */
export function refuseServerOptions(refused: string): Partial<OptionTable<GlobalOptions>> {
  const {
    apiUrl,
    apiKey,
    apiKeyFile,
    token,
    tokenFile,
    header,
    headerFile,
    server,
    config,
    requestTimeout,
  } = GLOBAL_OPTIONS;
  return {
    apiUrl: { ...apiUrl, refused },
    apiKey: { ...apiKey, refused },
    apiKeyFile: { ...apiKeyFile, refused },
    token: { ...token, refused },
    tokenFile: { ...tokenFile, refused },
    header: { ...header, refused },
    headerFile: { ...headerFile, refused },
    server: { ...server, refused },
    config: { ...config, refused },
    requestTimeout: { ...requestTimeout, refused },
  };
}

/** The global options that are of no use to a command that reads and keeps no records, refused. */
export function refuseRecordOptions(refused: string): Partial<OptionTable<GlobalOptions>> {
  const { stateFile, redisUrl, redisUrlFile, redisPrefix, redisShareSessions } = GLOBAL_OPTIONS;
  return {
    stateFile: { ...stateFile, refused },
    redisUrl: { ...redisUrl, refused },
    redisUrlFile: { ...redisUrlFile, refused },
    redisPrefix: { ...redisPrefix, refused },
    redisShareSessions: { ...redisShareSessions, refused },
  };
}

/** What asks for a text instead of a command's work; known wherever options are. */
export const ASKING_OPTIONS: OptionTable<{ help: boolean; version: boolean }> = {
  help: switchOption({ letter: "h", brief: "Show the help of the program or of a command" }),
  version: switchOption({ letter: "V", brief: "Show the version" }),
};

/** How the options are written that may stand before the command. */
export const LEADING_SPELLINGS: Spellings = spellingsOf({ ...GLOBAL_OPTIONS, ...ASKING_OPTIONS });

/** What the command line says about colour. */
export function colorChoiceOf(
  { color, noColor }: Pick<GlobalOptions, "color" | "noColor">,
): ColorChoice {
  return noColor ? "never" : color ?? "auto";
}

/**
 * Checks what single options cannot.
 *
 * @throws {UsageError} If two of them contradict each other.
 */
export function checkGlobalOptions(options: GlobalOptions): void {
  if (options.quiet && options.verbose) {
    throw new UsageError("Cannot use --quiet and --verbose together: they contradict each other");
  }
  if (options.noColor && options.color === "always") {
    throw new UsageError(
      "Cannot use --no-color and --color always together: they contradict each other",
    );
  }
  const { apiKeyFile, tokenFile, redisUrlFile, headerFile = [] } = options;
  const files = Object.entries({ apiKeyFile, tokenFile, redisUrlFile });
  const [one, other] = [
    ...files.filter(([, file]) => file === "-").map(([name]) => writeOption(name)),
    ...headerFile.filter(({ file }) => file === "-").map(() => "--header-file"),
  ];
  if (other !== undefined) {
    throw new UsageError(
      `Cannot use standard input for ${one} and ${other}: it can be read only once (use a file)`,
    );
  }
}
