import { UsageError } from "../../errors.ts";
import type { Command } from "../command.ts";
import { completionScript, SHELLS } from "../complete/scripts.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS, refuseRecordOptions, refuseServerOptions } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { choiceReader, listOf } from "../values.ts";

const ASKS_NOBODY = "completions asks no server";
const IS_SCRIPT = "a script is no document";

/** `asset-generator completions`. */
export const command: Command<GlobalOptions> = {
  text:
    "Prints a script for a shell. Once the shell has read it, Tab completes commands, options " +
    "and their values. Models, LoRAs, samplers and parameters are those of the server that the " +
    "line names, as it said within the last minute, says at once or said last; generations are " +
    "those that have a record in this directory or of this user. What is not known in an instant " +
    "is not offered, and Tab never prints an error.\n\n" +
    "The script keeps working with later versions. Shells that are open must be restarted.",
  examples: [
    { line: "completions bash >> ~/.bashrc", does: "For bash" },
    { line: "completions zsh >> ~/.zshrc", does: "For zsh" },
    { line: "completions fish >> ~/.config/fish/config.fish", does: "For fish" },
    { line: "completions powershell >> $PROFILE", does: "For PowerShell" },
  ],
  argument: {
    placeholder: "SHELL",
    brief: `Which shell: ${listOf(SHELLS)}`,
    choices: SHELLS,
    read: choiceReader(SHELLS),
  },
  options: {
    ...GLOBAL_OPTIONS,
    ...refuseServerOptions(ASKS_NOBODY),
    ...refuseRecordOptions("completions keeps no records"),
    format: { ...GLOBAL_OPTIONS.format, refused: IS_SCRIPT },
    get: { ...GLOBAL_OPTIONS.get, refused: IS_SCRIPT },
  },
  run: (_options, context, shell) => run(shell, context),
};

/** Prints the script. */
export async function run(shell: string | undefined, context: CommandContext): Promise<ExitCode> {
  const known = SHELLS.find((one) => one === shell);
  if (known === undefined) {
    throw new UsageError(`Cannot choose a shell: name it (${listOf(SHELLS)})`);
  }
  await context.output.write(completionScript(known));
  return EXIT.ok;
}
