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
  text: "Prints a script for a shell. When the shell has read it, the Tab key completes " +
    "commands, options and their values. Models, LoRAs, samplers and parameters come from " +
    "the server on the command line, or from its last answer. IDs are those of generations " +
    "with a record in this directory or of this user. Tab never prints an error, and does " +
    "not wait for slow answers.\n\n" +
    "The script keeps working with later versions. Open a new terminal to use it.",
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
async function run(shell: string | undefined, context: CommandContext): Promise<ExitCode> {
  const known = SHELLS.find((one) => one === shell);
  if (known === undefined) {
    throw new UsageError(`Cannot choose a shell: name it (${listOf(SHELLS)})`);
  }
  await context.output.write(completionScript(known));
  return EXIT.ok;
}
