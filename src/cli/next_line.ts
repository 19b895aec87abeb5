/** The command line with which to go on after an error. Loaded only when there is one. Pure. */
import { UsageError } from "../errors.ts";
import { isSameServerUrl } from "../generation/server/server_url.ts";
import { PROGRAM } from "./command.ts";
import type { ConfigMap, FoundConfig } from "./config/config_file.ts";
import { SERVERS } from "./config/setting_keys.ts";
import type { TypedLine } from "./context.ts";
import { shellLine } from "./inspect/shell_line.ts";

/**
 * The longest line that is printed, in UTF-16 units; for a longer one, only the added words are.
 */
const LINE_MAX = 1_000;

/**
 * Adds to an error's message the command line that was typed with `addWords` in it, quoted for `sh`.
 * Secrets in it are replaced.
 */
export function addNextLine(
  error: UsageError,
  typed: TypedLine | undefined,
  config: FoundConfig | null = null,
): UsageError {
  const addWords = byName(error.addWords, { typed, config });
  const line = typed === undefined ? null : nextLine(typed, addWords);
  const advice = line === null || line.length > LINE_MAX
    ? `add ${shellLine(addWords, null) ?? addWords.join(" ")}`
    : `run: ${line}`;
  return new UsageError(`${error.message} (${advice})`, { cause: error.cause });
}

/** A server that the configuration file names is asked with its own credentials by that name. */
function byName(words: readonly string[], by: {
  readonly typed: TypedLine | undefined;
  readonly config: FoundConfig | null;
}): readonly string[] {
  const [option, address] = words;
  const servers = by.config?.values.get(SERVERS);
  const isAddressTyped = by.typed?.args.some((arg) => /^--api-url\b/.test(arg)) ?? false;
  if (option !== "--api-url" || address === undefined || isAddressTyped) return words;
  if (!(servers instanceof Map)) return words;
  for (const [name, entry] of servers as ConfigMap) {
    const text = entry instanceof Map ? entry.get("api-url") : undefined;
    if (typeof text === "string" && isSameServerUrl(text, address)) return ["--server", name];
  }
  return words;
}

function nextLine({ args, hide }: TypedLine, added: readonly string[]): string | null {
  const words = hide === null ? args : args.map(hide);
  // After `--`, no word is an option.
  const end = words.includes("--") ? words.indexOf("--") : words.length;
  return shellLine([PROGRAM, ...words.slice(0, end), ...added, ...words.slice(end)], null);
}
