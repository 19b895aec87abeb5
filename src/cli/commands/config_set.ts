import { UsageError } from "../../errors.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import type { Command } from "../command.ts";
import { askValue } from "../config/ask_value.ts";
import { changeConfig } from "../config/change_config.ts";
import { configDocument } from "../config/config_document.ts";
import { findConfigKey } from "../config/config_key.ts";
import { CONFIG_OPTIONS, MASK, namedConfig } from "../config/config_options.ts";
import { DEFAULT_SERVER, serverNames, SERVERS } from "../config/setting_keys.ts";
import { makeConfig, warnIfExposed } from "../config/make_config.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import { nearestHint, suggest } from "../suggest.ts";
import { quote, readFrom } from "../values.ts";

/** `asset-generator config set`. */
export const command: Command = {
  text: "Sets one setting in the configuration file; everything else stays as it is, comments " +
    "included. The file is made if there is none, and only you can read it. The value is checked " +
    "like that of the option of the same name. Without a value it is asked for, or read from " +
    "standard input where that is no terminal, so that a secret is not seen in the list of " +
    "processes.",
  examples: [
    {
      line: "config set servers.gpu2.api-url http://127.0.0.1:7801",
      does: "A server for --server gpu2",
    },
    { line: "config set default-server gpu2", does: "The server that is asked without --server" },
    { line: "config set servers.gpu2.token < token", does: "A secret, from a file" },
    { line: "config set generate.steps 25", does: "A default of generate image" },
  ],
  argument: {
    placeholder: "KEY [VALUE]",
    brief: "Name of a setting, such as format or servers.gpu2.api-url, and its value",
    isRequired: true,
    isRepeated: true,
    completes: "config-key",
    read: String,
  },
  options: CONFIG_OPTIONS,
  run: (options, context, key = "", more) => run(options, context, key, more),
};

/** Changes the file. */
async function run(
  options: GlobalOptions,
  context: CommandContext,
  key: string,
  [given, ...tooMany]: readonly string[],
): Promise<ExitCode> {
  if (tooMany.length > 0) {
    throw new UsageError(`Cannot set ${quote(key)}: expected one value (put it in quotes)`);
  }
  const { path, isSecret, check } = await findConfigKey(key);
  const text = given ?? await askValue(key, { isSecret }, context);
  readFrom(key, { text, isSecret, read: check });
  const named = namedConfig(options, context.environment);
  const files = await context.adapters.configFiles();
  const editor = files.editor(named);
  const takenFrom = await editor.exclusive(async () => {
    const before = await editor.read();
    if (key === DEFAULT_SERVER) requireServer(text, await parsed(before ?? "", files));
    const madeFrom = before === null ? await makeConfig(editor, named, context) : null;
    await changeConfig(editor, { action: `Cannot set ${key}`, path, value: text }, files);
    return madeFrom;
  });
  await warnIfExposed(editor, context.messages);
  await context.output.writeDocument(
    configDocument({
      path: editor.path,
      exists: true,
      key,
      value: isSecret ? MASK : text,
      changed: true,
      takenFrom,
    }),
    () => escapeForTerminal(`Set ${key} in ${editor.path}`) + "\n",
    { names: () => [] },
  );
  return EXIT.ok;
}

type Files = Awaited<ReturnType<CommandContext["adapters"]["configFiles"]>>;

/** The servers of a file; `null`: the file cannot be understood. */
async function parsed(text: string, files: Files): Promise<readonly string[] | null> {
  try {
    return serverNames(await files.parse(text));
  } catch {
    return null;
  }
}

/** Refuses a default server that does not exist: every command would fail. */
function requireServer(name: string, known: readonly string[] | null): void {
  if (known === null || known.includes(name)) return;
  throw new UsageError(
    `Cannot use ${DEFAULT_SERVER} ${quote(name)}: the file names no such server (` +
      `${
        nearestHint(suggest(name, known), known)
      }; add it with config set ${SERVERS}.NAME.api-url)`,
  );
}
