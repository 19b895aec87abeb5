/**
 * Reads a prompt from a file or standard input, for prompts that are long or that a shell should
 * not see.
 */
import { UsageError } from "../../errors.ts";
import type { GenerateOptions } from "./generate_options.ts";
import type { InputFiles } from "./input_files.ts";

const PROMPT_BYTES_MAX = 1024 * 1024;
const STANDARD_INPUT = "-";

/**
 * Reads the prompt if `--prompt-file` or `--prompt -` is given. One line break at the end, as
 * editors write it, is dropped.
 *
 * @throws {PermissionError} If Deno may not read the file.
 * @throws {UsageError} If it cannot be read, is not text, or there are two prompts.
 */
export async function readPrompt(
  options: GenerateOptions,
  openFiles: () => Promise<InputFiles>,
): Promise<GenerateOptions> {
  const { prompt, promptFile } = options;
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
  const bytes = await files.read(path, { action, maxBytes: PROMPT_BYTES_MAX });
  const text = decodeText(bytes, action).replace(/\r?\n$/, "");
  if (text.trim() === "") throw new UsageError(`${action}: it is empty`);
  return { ...options, prompt: text };
}

/** Without a byte order mark. */
function decodeText(bytes: Uint8Array, action: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(`${action}: it is not UTF-8 text`, { cause: error });
  }
}
