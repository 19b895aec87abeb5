/**
 * Reads a prompt from a file or standard input, for prompts that are long or that a shell should
 * not see.
 */
import { UsageError } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import { limitTime, untilAborted } from "../../generation/until_aborted.ts";
import type { GenerateOptions } from "./generate_options.ts";
import type { InputFiles } from "./input_files.ts";
import { stoppedEarly } from "./stopping.ts";

const PROMPT_BYTES_MAX = 1024 * 1024;
const STANDARD_INPUT = "-";

/**
 * Reads the prompt if `--prompt-file` or `--prompt -` is given. One line break at the end, as
 * editors write it, is dropped. Whoever writes to a pipe may never end, so `--timeout` ends the
 * reading too.
 *
 * @throws {PermissionError} If Deno may not read the file.
 * @throws {UsageError} If it cannot be read, is not text, or there are two prompts.
 * @throws {AppError} If the time is up.
 */
export async function readPrompt<
  T extends Pick<GenerateOptions, "prompt" | "promptFile" | "timeout">,
>(
  options: T,
  { openFiles, clock }: { readonly openFiles: () => Promise<InputFiles>; readonly clock: Clock },
): Promise<T> {
  const { prompt, promptFile, timeout } = options;
  if (prompt !== undefined && promptFile !== undefined) {
    throw new UsageError("Cannot use --prompt and --prompt-file together: each is the prompt");
  }
  const path = promptFile ?? (prompt === STANDARD_INPUT ? STANDARD_INPUT : undefined);
  if (path === undefined) return options;
  const place = path === STANDARD_INPUT
    ? "the prompt from standard input"
    : `--prompt-file ${path}`;
  const action = `Cannot use ${place}`;
  const files = await openFiles();
  const reading = files.read(path, { action, maxBytes: PROMPT_BYTES_MAX });
  const bytes = await (timeout === undefined ? reading : inTime(reading, timeout, clock));
  const text = decodeText(bytes, action).replace(/\r?\n$/, "");
  if (text.trim() === "") throw new UsageError(`${action}: it is empty`);
  return { ...options, prompt: text };
}

async function inTime<T>(reading: Promise<T>, timeoutMs: number, clock: Clock): Promise<T> {
  using time = limitTime(timeoutMs, { clock });
  const read = await untilAborted(reading, time.signal);
  if (read === null) throw stoppedEarly("timed_out");
  return read;
}

/** Without a byte order mark. */
function decodeText(bytes: Uint8Array, action: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(`${action}: it is not UTF-8 text`, { cause: error });
  }
}
