import type { CommandContext } from "../context.ts";
import type { ConfigEditor } from "./config_editor.ts";

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
