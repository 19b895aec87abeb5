import { UsageError } from "../../errors.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import type { CommandContext } from "../context.ts";

/**
 * Asks on the terminal whether to go on; only `y` and `yes` mean so.
 *
 * @param question May hold foreign text.
 * @throws {UsageError} If nobody can be asked.
 */
export async function askFirst(
  question: string,
  { adapters, terminal }: Pick<CommandContext, "adapters" | "terminal">,
): Promise<boolean> {
  const keyboard = await adapters.keyboard();
  if (!keyboard.isTerminal || !terminal.isErrTerminal) {
    throw new UsageError(
      "Cannot ask whether to go on: this is no terminal (add --yes to go on without being asked)",
    );
  }
  await terminal.err(`${escapeForTerminal(question)} [y/N] `);
  const answer = await keyboard.readLine();
  return /^\s*(y|yes)\s*$/i.test(answer ?? "");
}
