/** Gets the value for `config set` where it is not on the command line. */
import { untilAborted } from "../../generation/until_aborted.ts";
import type { CommandContext } from "../context.ts";

const MAX_VALUE_BYTES = 64 * 1024;

/**
 * Asks the person at the terminal, without showing a secret; else reads standard input to its end. A
 * line break at the end is dropped.
 *
 * @throws {UsageError} If the input cannot be read, or is larger than 64 KiB.
 * @throws The reason of an interrupt.
 */
export async function askValue(
  key: string,
  { isSecret }: { readonly isSecret: boolean },
  context: Pick<CommandContext, "adapters" | "terminal" | "listenForInterrupts">,
): Promise<string> {
  const { adapters, terminal } = context;
  const keyboard = await adapters.keyboard();
  if (!keyboard.isTerminal) {
    const files = await adapters.inputFiles();
    const bytes = await files.read("-", {
      action: `Cannot read the value of ${key} from standard input`,
      maxBytes: MAX_VALUE_BYTES,
    });
    return new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
  }
  using interrupts = context.listenForInterrupts();
  const { first: signal } = interrupts;
  const prompt = (): Promise<void> =>
    terminal.err(`Value of ${key}${isSecret ? " (not shown)" : ""}: `);
  let text: string | null = null;
  try {
    if (isSecret) text = await keyboard.readSecret(prompt, signal);
    else {
      await prompt();
      text = await untilAborted(keyboard.readLine(), signal) ?? null;
      signal.throwIfAborted();
    }
  } finally {
    // Enter is shown where the value is.
    if (isSecret || text === null) await terminal.err("\n");
  }
  return text ?? "";
}
