import type { Command } from "../command.ts";
import { configDocument } from "../config/config_document.ts";
import type { ConfigEditor, ConfigSearch } from "../config/config_file.ts";
import { CONFIG_OPTIONS, namedConfig } from "../config/config_options.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import { AppError } from "../../errors.ts";

/** `asset-generator config path`. */
export const command: Command = {
  text:
    "Prints where the configuration file is: the one that is read, else the one that would be " +
    "made. It need not exist.",
  examples: [{ line: "config path", does: "Where the file is" }],
  options: CONFIG_OPTIONS,
  run,
};

/** Says where the file is. */
async function run(options: GlobalOptions, context: CommandContext): Promise<ExitCode> {
  const named = namedConfig(options, context.environment);
  const editor = (await context.adapters.configFiles()).editor(named);
  const found = await findQuietly(context.searchConfig(named), editor);
  const path = found ?? editor.path;
  if (path === null) {
    throw new AppError(
      "failed",
      "Cannot say where the configuration file is: neither XDG_CONFIG_HOME nor HOME is known " +
        "(name it with --config)",
    );
  }
  await context.output.writeDocument(
    configDocument({ path, exists: found !== null }),
    () => `${escapeForTerminal(path)}\n`,
    { names: () => [path] },
  );
  return EXIT.ok;
}

/** The file that is read; `null`: there is none, or none that can be read. */
async function findQuietly(
  search: Promise<ConfigSearch>,
  editor: ConfigEditor,
): Promise<string | null> {
  try {
    return (await search).found?.path ?? null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // It may be malformed; then it exists all the same.
    return await editor.read().catch(() => null) === null ? null : editor.path;
  }
}
