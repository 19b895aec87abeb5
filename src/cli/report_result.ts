/**
 * How a command ends: its result is written, its failure is reported, and both become an exit code.
 */
import { AppError, OutputClosedError, UsageError } from "../errors.ts";
import type { DocumentError } from "../render/status/status_document.ts";
import type { FoundConfig } from "./config/config_file.ts";
import type { CommandContext, TypedLine } from "./context.ts";
import { describeFailure, EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import type { Messages } from "./messages.ts";
import { unlessClosed } from "./output.ts";
import type { Output } from "./output.ts";
import type { Terminal } from "./terminal.ts";

/** The result of a command. */
export interface Result {
  /** Makes the document, with the error of the problem; `null` if there is none. */
  readonly document: (error: DocumentError | null) => unknown;
  /** Makes the text for people. */
  readonly text: () => string | Promise<string>;
  /** What is printed with `--quiet`, one a line; absent: nothing. */
  readonly names?: () => readonly string[];
  /** Why the result is not what was asked for; `null`: it is. */
  readonly problem: AppError | null;
  /** Whether JSON is written as one line, because other lines were written before it. */
  readonly asLine?: boolean;
  /** Whether the exit code is the answer: then it is no failure if nobody reads the rest. */
  readonly exitCodeAnswers?: boolean;
}

/**
 * Writes a result once, in the requested form, and says on stderr why it is not what was asked for.
 *
 * @throws {AppError} If it could not be written.
 * @throws {OutputClosedError} If the reader of standard output has gone, unless the exit code is
 * the answer.
 */
export async function reportResult(
  to: Pick<CommandContext, "output" | "messages" | "commandLine" | "config">,
  { document, text, names, problem, asLine = false, exitCodeAnswers = false }: Result,
): Promise<ExitCode> {
  const { output, messages } = to;
  const failure = problem === null ? null : describeFailure(await withNextLine(problem, to));
  const error = failure && { code: failure.code, message: failure.message };
  const written = output.writeDocument(document(error), text, {
    asLine,
    ...(names === undefined ? {} : { names }),
  });
  try {
    await (exitCodeAnswers ? unlessClosed(written) : written);
  } catch (unwritten) {
    // The first problem decides the exit code; both are reported.
    if (failure === null || !(unwritten instanceof AppError)) throw unwritten;
    await messages.error(unwritten.message);
  }
  if (failure === null) return EXIT.ok;
  // Busy is an answer, which the exit code gives: with a message, cron would send mail every
  // minute.
  if (failure.code !== "busy" || messages.verbosity !== "quiet") {
    await messages.error(failure.message);
  }
  return failure.exitCode;
}

/** Where a failure is reported. */
export interface FailureChannels {
  readonly terminal: Terminal;
  readonly messages: Messages;
  readonly output: Output;
  readonly commandLine?: TypedLine;
  /** The configuration file, which may have a name for a server. */
  readonly config?: FoundConfig | null;
}

/**
 * Reports a failure: one line on stderr, and with `--format json|yaml` a document with `error` on
 * standard output, unless the command has already written its own. If the reader of standard output
 * has gone, that is no failure.
 */
export async function reportFailure(error: unknown, to: FailureChannels): Promise<ExitCode> {
  if (error instanceof OutputClosedError) return EXIT.ok;
  const { exitCode, code, message } = describeFailure(await withNextLine(error, to));
  await to.messages.error(message);
  if (code === "internal" && to.messages.verbosity === "verbose" && error instanceof Error) {
    for (const line of (error.stack ?? "").split("\n")) await to.messages.detail(line);
  }
  if (to.output.wantsDocument && !to.output.wasWritten) {
    // The failure has its own exit code and was reported, whether its document can be written or
    // not.
    await to.output.writeFailure({ error: { code, message } }).catch(() => {});
  }
  return exitCode;
}

/** Adds the command line with which to go on, if the error knows one. */
async function withNextLine(
  error: unknown,
  to: Pick<FailureChannels, "commandLine" | "config">,
): Promise<unknown> {
  if (!(error instanceof UsageError) || error.addWords.length === 0) return error;
  const { addNextLine } = await import("./next_line.ts");
  return addNextLine(error, to.commandLine, to.config);
}
