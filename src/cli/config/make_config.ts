import type { CommandContext } from "../context.ts";
import type { ConfigEditor } from "./config_file.ts";
import { initText } from "./init_text.ts";
import { generateNames, keyOf } from "./setting_keys.ts";
import { translateOriginal } from "./original_config.ts";

/**
 * Makes the file, with the settings of the original tool's file if that is in use, because a new
 * file hides it.
 *
 * @param named The file that the user named; then nothing is taken over.
 * @returns The file that settings were taken from; `null`: none.
 */
export async function makeConfig(
  editor: ConfigEditor,
  named: string | undefined,
  { searchConfig, messages }: Pick<CommandContext, "searchConfig" | "messages">,
): Promise<string | null> {
  const found = named === undefined ? (await searchConfig(undefined)).found : null;
  if (found?.kind !== "original") {
    await editor.write(initText(null));
    return null;
  }
  const { command } = await import("../commands/generate_image.ts");
  const { file, leftOut } = translateOriginal(found, generateNames(command.options).map(keyOf));
  await editor.write(initText(file.values));
  if (leftOut.length > 0) {
    await messages.note(`Not taken over from ${found.path}: ${leftOut.join(", ")}`);
  }
  return found.path;
}

/** Warns if others could replace a file that was just written. */
export async function warnIfExposed(
  editor: Pick<ConfigEditor, "path" | "exposure">,
  messages: Pick<CommandContext["messages"], "warning">,
): Promise<void> {
  const found = editor.exposure();
  if (found === null) return;
  await messages.warning(
    `Other users can replace ${editor.path}, and with it say where your credentials are sent: ` +
      `${found} (keep the file in a directory of your own)`,
  );
}
