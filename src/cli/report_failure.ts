import { OutputClosedError } from "../errors.ts";
import { describeFailure, EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import type { Messages } from "./messages.ts";
import { renderDocument } from "./output.ts";
import type { Output } from "./output.ts";
import type { Terminal } from "./terminal.ts";

/** Where a failure is told. */
export interface FailureChannels {
  readonly terminal: Terminal;
  readonly messages: Messages;
  readonly output: Output;
}

/**
 * Tells a failure: one line on stderr, and with `--format json|yaml` a document with `error` on
 * standard output, unless the command has already written its own. A reader of standard output that
 * has gone is no failure.
 */
export async function reportFailure(error: unknown, to: FailureChannels): Promise<ExitCode> {
  if (error instanceof OutputClosedError) return EXIT.ok;
  const { exitCode, code, message } = describeFailure(error);
  await to.messages.error(message);
  if (code === "internal" && to.messages.verbosity === "verbose" && error instanceof Error) {
    for (const line of (error.stack ?? "").split("\n")) await to.messages.detail(line);
  }
  const { format, wasWritten } = to.output;
  if (format !== "table" && !wasWritten) {
    const document = await renderDocument({ error: { code, message } }, format);
    // The failure has its own exit code and was told, whether its document can be written or not.
    await to.terminal.out(document).catch(() => {});
  }
  return exitCode;
}
