import { AppError, UsageError } from "../../errors.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import type { Command } from "../command.ts";
import { configDocument } from "../config/config_document.ts";
import type { ConfigNode } from "../config/config_file.ts";
import { findConfigKey } from "../config/config_key.ts";
import { CONFIG_OPTIONS, namedConfig } from "../config/config_options.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import { switchOption } from "../option.ts";
import { readText } from "../values.ts";

/** The options of `config get`. */
export interface ConfigGetOptions extends GlobalOptions {
  readonly showSecrets: boolean | undefined;
}

/** `asset-generator config get`. */
export const command: Command<ConfigGetOptions> = {
  text:
    "Prints one setting of the configuration file, and exits with 1 if it is not set there. What " +
    "is in effect, options and variables included, is shown by config view.",
  examples: [
    { line: "config get api-url", does: "One setting" },
    {
      line: "config get servers.gpu2.token --show-secrets",
      does: "A secret, which is refused without that option",
    },
  ],
  argument: {
    placeholder: "KEY",
    brief: "Name of a setting, such as format, servers.gpu2.api-url or generate.steps",
    isRequired: true,
    completes: "config-key",
    read: readText,
  },
  options: {
    showSecrets: switchOption({ brief: "Print a secret too" }),
    ...CONFIG_OPTIONS,
  },
  run: (options, context, key = "") => run(key, options, context),
};

/** Prints the setting. */
async function run(
  key: string,
  options: ConfigGetOptions,
  { adapters, environment, output, searchConfig }: CommandContext,
): Promise<ExitCode> {
  const { path, isSecret } = await findConfigKey(key);
  const named = namedConfig(options, environment);
  const { found, unread } = await searchConfig(named);
  const editor = (await adapters.configFiles()).editor(named);
  // Says why it cannot be read: that a setting is not there could be wrong.
  if (found === null && unread.length > 0) await editor.read();
  const file = found?.path ?? editor.path;
  let node: ConfigNode | undefined = found?.values;
  for (const name of path) node = node instanceof Map ? node.get(name) : undefined;
  if (node === undefined || node === "" || node instanceof Map) {
    throw new AppError("failed", `${key} is not set in ${file ?? "any configuration file"}`);
  }
  if (isSecret && !options.showSecrets) {
    throw new UsageError(`Cannot print ${key}: it is a secret`, { addWords: ["--show-secrets"] });
  }
  const values = typeof node === "string" ? [node] : (node as readonly ConfigNode[]).map(String);
  await output.writeDocument(
    configDocument({
      path: file,
      exists: true,
      key,
      value: typeof node === "string" ? node : values,
    }),
    () => values.map((value) => `${escapeForTerminal(value)}\n`).join(""),
    { names: () => values },
  );
  return EXIT.ok;
}
