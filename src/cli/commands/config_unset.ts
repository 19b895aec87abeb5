import { AppError } from "../../errors.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import type { Command } from "../command.ts";
import { changeConfig } from "../config/change_config.ts";
import { configDocument } from "../config/config_document.ts";
import { pathOfKey } from "../config/config_key.ts";
import type { ConfigMap } from "../config/config_file.ts";
import { CONFIG_OPTIONS, namedConfig } from "../config/config_options.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import { suggest } from "../suggest.ts";
import { listOf, readText } from "../values.ts";

/** How many names an error suggests. */
const SUGGESTED_MAX = 3;

/** `asset-generator config unset`. */
export const command: Command = {
  text:
    "Removes one setting or section from the configuration file; everything else stays as it is. " +
    "It also removes unknown names, and names that occur twice.",
  examples: [
    { line: "config unset generate.steps", does: "Remove a setting" },
    { line: "config unset servers.gpu2", does: "Remove a server" },
  ],
  argument: {
    placeholder: "KEY",
    brief: "Name of a setting or section",
    isRequired: true,
    completes: "config-key",
    read: readText,
  },
  options: CONFIG_OPTIONS,
  run: (options, context, key = "") => run(key, options, context),
};

/** Changes the file. */
async function run(
  key: string,
  options: GlobalOptions,
  { adapters, environment, output }: CommandContext,
): Promise<ExitCode> {
  const files = await adapters.configFiles();
  const editor = files.editor(namedConfig(options, environment));
  const change = { action: `Cannot remove ${key}`, path: pathOfKey(key), value: null };
  const isChanged = await editor.read() !== null &&
    await editor.exclusive(() => changeConfig(editor, change, files));
  if (!isChanged) {
    const near = suggestSet(key, await files.parse(await editor.read() ?? ""));
    const hint = near.length === 0 ? "" : ` (did you mean ${listOf(near)}?)`;
    const file = editor.path ?? "any configuration file";
    throw new AppError("failed", `${key} is not set in ${file}${hint}`);
  }
  await output.writeDocument(
    configDocument({ path: editor.path, exists: true, key, changed: true }),
    () => escapeForTerminal(`Removed ${key} from ${editor.path}`) + "\n",
    { names: () => [] },
  );
  return EXIT.ok;
}

/** The names in the file that could have been meant: near ones, and those of which only the end was given. */
function suggestSet(key: string, values: ConfigMap): readonly string[] {
  const names = namesIn(values, "");
  const ending = names.filter((name) => name.endsWith(`.${key}`));
  return ending.length > 0 ? ending.slice(0, SUGGESTED_MAX) : suggest(key, names);
}

function namesIn(values: ConfigMap, before: string): readonly string[] {
  return [...values].flatMap(([name, node]) => {
    const below = node instanceof Map ? namesIn(node as ConfigMap, `${before}${name}.`) : [];
    return [`${before}${name}`, ...below];
  });
}
