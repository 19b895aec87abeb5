/** How a command ends: its result is written, its failure told, and both become an exit code. */
import { AppError, OutputClosedError, UsageError } from "../errors.ts";
import type { DocumentError } from "../render/status_document.ts";
import type { CommandContext, TypedLine } from "./context.ts";
import { describeFailure, EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import type { Messages } from "./messages.ts";
import { unlessClosed } from "./output.ts";
import type { Output } from "./output.ts";
import type { Terminal } from "./terminal.ts";

/** What a command has to tell at its end. */
export interface Result {
  /** Makes the document; the error is the problem's, `null` if there is none. */
  readonly document: (error: DocumentError | null) => unknown;
  /** Makes the text for people. */
  readonly text: () => string;
  /** What is printed of it with `--quiet`, one a line; absent: nothing. */
  readonly names?: () => readonly string[];
  /** Why it is not what was wanted; `null`: it is. */
  readonly problem: AppError | null;
  /** Writes JSON as one line, where other lines were written before it. */
  readonly asLine?: boolean;
  /** The exit code is the answer: that nobody reads the rest is no failure. */
  readonly exitCodeAnswers?: boolean;
}

/**
 * Writes a result once, as the user wants it, and says on stderr why it is not what was wanted.
 *
 * @throws {AppError} If it could not be written.
 * @throws {OutputClosedError} If the reader of standard output has gone, unless the exit code answers.
 */
export async function reportResult(
  { output, messages, commandLine }: Pick<CommandContext, "output" | "messages" | "commandLine">,
  { document, text, names, problem, asLine = false, exitCodeAnswers = false }: Result,
): Promise<ExitCode> {
  const failure = problem === null
    ? null
    : describeFailure(await withNextLine(problem, commandLine));
  const error = failure && { code: failure.code, message: failure.message };
  const written = output.writeDocument(document(error), text, {
    asLine,
    ...(names === undefined ? {} : { names }),
  });
  try {
    await (exitCodeAnswers ? unlessClosed(written) : written);
  } catch (unwritten) {
    // The exit code of what went wrong first says more; both are told.
    if (failure === null || !(unwritten instanceof AppError)) throw unwritten;
    await messages.error(unwritten.message);
  }
  if (failure === null) return EXIT.ok;
  // Busy is an answer, which the exit code has given: a cron job would send it by mail each minute.
  if (failure.code !== "busy" || messages.verbosity !== "quiet") {
    await messages.error(failure.message);
  }
  return failure.exitCode;
}

/** Where a failure is told. */
export interface FailureChannels {
  readonly terminal: Terminal;
  readonly messages: Messages;
  readonly output: Output;
  readonly commandLine?: TypedLine;
}

/**
 * Tells a failure: one line on stderr, and with `--format json|yaml` a document with `error` on
 * standard output, unless the command has already written its own. A reader of standard output that
 * has gone is no failure.
 */
export async function reportFailure(error: unknown, to: FailureChannels): Promise<ExitCode> {
  if (error instanceof OutputClosedError) return EXIT.ok;
  const { exitCode, code, message } = describeFailure(await withNextLine(error, to.commandLine));
  await to.messages.error(message);
  if (code === "internal" && to.messages.verbosity === "verbose" && error instanceof Error) {
    for (const line of (error.stack ?? "").split("\n")) await to.messages.detail(line);
  }
  if (to.output.wantsDocument && !to.output.wasWritten) {
    // The failure has its own exit code and was told, whether its document can be written or not.
    await to.output.writeFailure({ error: { code, message } }).catch(() => {});
  }
  return exitCode;
}

/** Adds the command line with which to go on, if the error knows one. */
async function withNextLine(error: unknown, line: TypedLine | undefined): Promise<unknown> {
  if (!(error instanceof UsageError) || error.addWords.length === 0) return error;
  const { addNextLine } = await import("./next_line.ts");
  return addNextLine(error, line);
}
