import { AppError, OutputClosedError } from "../errors.ts";
import { jsonText } from "../render/escape.ts";
import type { OutputFormat } from "./settings.ts";
import { colorWanted } from "./terminal.ts";
import type { ColorChoice, Terminal } from "./terminal.ts";

/** What the result is written with. */
export interface OutputOptions {
  readonly terminal: Terminal;
  readonly format: OutputFormat;
  /** The file of `--output`; `undefined`: standard output. */
  readonly file: string | undefined;
  /** What the command line says about colour. */
  readonly color: ColorChoice;
  readonly writeFile: (path: string, text: string) => Promise<void>;
}

/** Where a command's result goes: standard output, or the file of `--output`, whole or not at all. */
export class Output {
  readonly #options: OutputOptions;
  #wasWritten = false;

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  /** The format that the user wants. */
  get format(): OutputFormat {
    return this.#options.format;
  }

  /** Whether a result was written, so that a failure must not add a second document. */
  get wasWritten(): boolean {
    return this.#wasWritten;
  }

  /** Whether the result may hold colours. */
  get isColored(): boolean {
    const { terminal, file, color, format } = this.#options;
    return format === "table" && file === undefined &&
      colorWanted(color, { terminal, isTerminal: terminal.isOutTerminal });
  }

  /**
   * Writes the whole result, once. If the file cannot be written it goes to standard output, so that
   * nothing that was made is lost, and the call fails all the same.
   *
   * @throws {AppError} If the file or standard output could not be written.
   * @throws {OutputClosedError} If the reader of standard output, or of the pipe that the file is,
   *   has gone.
   */
  async write(text: string): Promise<void> {
    const { file, writeFile, terminal } = this.#options;
    this.#wasWritten = true;
    if (file === undefined) return await terminal.out(text);
    try {
      await writeFile(file, text);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      await unlessClosed(terminal.out(text));
      throw new AppError(
        error.code === "not_permitted" ? "failed" : error.code,
        `${error.message}; the result went to standard output`,
        { cause: error },
      );
    }
  }

  /**
   * Writes a document in the format that the user wants; `table` is given as text.
   *
   * @param options.asLine JSON is written as one line: the last of those of `writeLine()`.
   */
  async writeDocument(
    document: unknown,
    table: () => string,
    options: { readonly asLine?: boolean } = {},
  ): Promise<void> {
    const { format } = this;
    if (format === "table") await this.write(table());
    else if (format === "json" && options.asLine) await this.write(`${jsonText(document)}\n`);
    else await this.write(await renderDocument(document, format));
  }

  /**
   * Writes something on the way to the result as a line of JSON, where the user wants JSON on
   * standard output; a file gets the result alone.
   *
   * @throws {OutputClosedError} If the reader of standard output has gone.
   */
  async writeLine(document: unknown): Promise<void> {
    const { file, format, terminal } = this.#options;
    if (format !== "json" || file !== undefined) return;
    await terminal.out(`${jsonText(document)}\n`);
  }
}

/** Waits for what is written; that its reader has gone is no failure where the exit code answers. */
export async function unlessClosed(written: Promise<void>): Promise<void> {
  try {
    await written;
  } catch (error) {
    if (!(error instanceof OutputClosedError)) throw error;
  }
}

/**
 * Writes a document as JSON or YAML, with a line break at its end. The YAML library is loaded only
 * if it is needed.
 */
export async function renderDocument(document: unknown, format: "json" | "yaml"): Promise<string> {
  if (format === "json") return jsonText(document, { indent: 2 }) + "\n";
  const { renderYaml } = await import("../render/yaml.ts");
  return renderYaml(document);
}
