import { UsageError } from "../errors.ts";
import { PROGRAM, VERSION } from "./command.ts";
import type { AcceptedCommand, Command } from "./command.ts";
import { ASKING_OPTIONS } from "./global_options.ts";
import type { GlobalOptions } from "./global_options.ts";
import { writeOption } from "./option.ts";
import type { AnyOption } from "./option.ts";
import { spellingsOf, takeApart, wantsNext } from "./spelling.ts";
import type { Spellings } from "./spelling.ts";
import { InvalidValueError, listOf, quote, readFrom } from "./values.ts";

/** The result of parsing a command line: a command to run, or a text to print. */
export type Parsed =
  | { readonly kind: "command"; readonly command: AcceptedCommand }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" };

/**
 * Parses a command's options. Nothing is run and nothing is written.
 *
 * The argument after an option with a value is its value, even if it is empty or begins with a
 * dash; except `--` and the names of the command's other options, which mean that the value was
 * forgotten.
 *
 * @param line.words The command's words, for its help.
 * @param line.rest The arguments after them.
 * @throws {UsageError} If the options make no sense; the first problem of several.
 */
export async function parseCommand(command: Command, line: {
  readonly words: readonly string[];
  readonly rest: readonly string[];
}): Promise<Parsed> {
  const spellings = spellingsOf({ ...command.options, ...ASKING_OPTIONS });
  const asked = askedText(line.rest, spellings);
  if (asked === "version") return { kind: "version" };
  if (asked === "help") {
    const { commandHelp } = await import("./help.ts");
    return { kind: "help", text: commandHelp(command, line.words) };
  }
  const see = `(see ${[PROGRAM, ...line.words].join(" ")} --help)`;
  const { options, found: [argument, ...more] } = await readArguments(command, {
    args: line.rest,
    spellings,
    see,
  });
  return {
    kind: "command",
    command: {
      options: { ...options, model: command.modelOf?.(options) },
      table: command.options,
      defaults: command.defaults,
      asksMany: command.asksMany?.(options) ?? false,
      run: (context, defaults) => command.run({ ...defaults, ...options }, context, argument, more),
    },
  };
}

/**
 * The text that arguments ask for with `--help` or `--version`, anywhere before `--`; `null` if for
 * none.
 */
export function askedText(
  args: readonly string[],
  spellings: Spellings,
): "help" | "version" | null {
  const end = args.indexOf("--");
  const names = args.slice(0, end < 0 ? args.length : end).flatMap((arg) => {
    const written = takeApart(arg, spellings);
    return written.every(({ known }) => known) ? written.map(({ known }) => known?.name) : [];
  });
  return names.includes("help") ? "help" : names.includes("version") ? "version" : null;
}

/** What `--version` prints. */
export function versionText(shippedAs: string): string {
  return `${PROGRAM} ${VERSION} (${shippedAs})\n`;
}

/** @param line.see Where to read more, for errors. */
async function readArguments(command: Command, line: {
  readonly args: readonly string[];
  readonly spellings: Spellings;
  readonly see: string;
}): Promise<{ readonly options: GlobalOptions; readonly found: readonly string[] }> {
  const { args, spellings, see } = line;
  const options: Record<string, unknown> & Partial<GlobalOptions> = {};
  const found: string[] = [];
  let isEscaped = false;
  for (let next = 0; next < args.length; next++) {
    const arg = args[next] ?? "";
    if (arg === "--" && !isEscaped) {
      isEscaped = true;
      continue;
    }
    // No option is a digit: `config set generate.seed -1`.
    const isNumber = found.length > 0 && command.argument?.isRepeated && /^-\.?\d/.test(arg);
    if (!isEscaped && !isNumber) refuseOneDash(arg, spellings);
    const written = isEscaped || isNumber ? [] : takeApart(arg, spellings);
    if (written.length === 0) {
      const isTooMany = found.length > 0 && command.argument?.isRepeated !== true;
      if (command.argument === undefined || isTooMany) {
        const none = command.argument === undefined ? "no argument" : "at most one argument";
        const { argumentMeans, insteadOfArgument } = command;
        if (insteadOfArgument !== undefined) {
          throw new UsageError(`Cannot use an argument: expected ${none} (${insteadOfArgument})`);
        }
        const hint = argumentMeans === undefined
          ? see
          : `(did you mean ${argumentMeans} ${quote(arg)}?)`;
        throw new UsageError(`Cannot use the argument ${quote(arg)}: expected ${none} ${hint}`);
      }
      const { read } = command.argument;
      found.push(readFrom("the argument", { text: arg, read }));
    }
    for (const each of written) {
      if (each.known === undefined) {
        const table = { ...command.options, ...ASKING_OPTIONS };
        const { optionHint } = await import("./option_hint.ts");
        throw new UsageError(
          `Cannot use ${each.written}: there is no such option ${optionHint(arg, table, see)}`,
        );
      }
      const { name, option } = each.known;
      const place = writeOption(name);
      const { choices, bare } = option;
      const isBare = bare !== undefined && /^(-|$)/.test(args[next + 1] ?? "");
      if (wantsNext(each) && !isBare) next += 1;
      const text = !wantsNext(each)
        ? each.value
        : isBare
        ? bare
        : nextValue(args[next], { place, choices, spellings, see });
      options[name] = readFrom(place, {
        text: text ?? "true",
        isSecret: option.isSecret,
        read: (text) => readOption(option, text, options[name]),
      });
    }
  }
  if (command.argument?.isRequired && found.length === 0) {
    throw new UsageError(`The argument ${command.argument.placeholder} is missing ${see}`);
  }
  // Each reader returns the type of its entry in the command's table.
  return { options: options as GlobalOptions, found };
}

/**
 * `-format` is `-f` with the value `ormat`, which nobody means.
 *
 * @throws {UsageError} If a long option was written with one dash.
 */
export function refuseOneDash(arg: string, spellings: Spellings): void {
  const [name = ""] = arg.split("=", 1);
  if (name.length < 4 || name.startsWith("--") || !spellings.has(`-${name}`)) return;
  throw new UsageError(`Cannot use ${name}: there is no such option (did you mean -${name}?)`);
}

/** The value in an option's next argument, unless it was forgotten. */
function nextValue(text: string | undefined, option: {
  readonly place: string;
  readonly choices: readonly string[] | undefined;
  readonly spellings: Spellings;
  readonly see: string;
}): string {
  const { place, choices, spellings, see } = option;
  const other = spellings.get(text?.split("=", 1)[0] ?? "");
  if (text !== undefined && text !== "--" && other === undefined) return text;
  const hint = other !== undefined
    ? `: ${writeOption(other.name)} follows it ` +
      `(write ${place}=VALUE if the value begins with a dash)`
    : choices !== undefined
    ? `: expected ${listOf(choices)}`
    : ` ${see}`;
  throw new UsageError(`Cannot use ${place} without a value${hint}`);
}

function readOption(option: AnyOption, text: string, before: unknown): unknown {
  if (option.refused !== undefined) throw new InvalidValueError(option.refused);
  return option.read(text, before);
}
