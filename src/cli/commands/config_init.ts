import { AppError } from "../../errors.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import type { Command } from "../command.ts";
import { configDocument } from "../config/config_document.ts";
import { CONFIG_OPTIONS, namedConfig } from "../config/config_options.ts";
import { makeConfig, warnIfExposed } from "../config/make_config.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";

/** `asset-generator config init`. */
export const command: Command = {
  text:
    "Makes the configuration file, which only you can read, with examples in comments. Settings " +
    "of ~/.asset-generator/config.yaml, the file of the tool that this one follows, are taken over. " +
    "A file that exists is never changed.",
  examples: [
    { line: "config init", does: "Make the file" },
    { line: "config init --config swarm.yaml", does: "Make it here" },
  ],
  options: CONFIG_OPTIONS,
  run,
};

/** Makes the file. */
async function run(options: GlobalOptions, context: CommandContext): Promise<ExitCode> {
  const named = namedConfig(options, context.environment);
  const editor = (await context.adapters.configFiles()).editor(named);
  const takenFrom = await editor.exclusive(async () => {
    if (await editor.read() === null) return await makeConfig(editor, named, context);
    throw new AppError(
      "failed",
      `Cannot make ${editor.path}: it is there already (change it with config set)`,
    );
  });
  await warnIfExposed(editor, context.messages);
  const { path } = editor;
  await context.output.writeDocument(
    configDocument({ path, exists: true, takenFrom }),
    () =>
      escapeForTerminal(
        `Made ${path}${takenFrom === null ? "" : ` with the settings of ${takenFrom}`}`,
      ) + "\n",
    { names: () => [path ?? ""] },
  );
  return EXIT.ok;
}
