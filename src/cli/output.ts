import { AppError, OutputClosedError } from "../errors.ts";
import { escapeForTerminal, jsonText } from "../render/escape.ts";
import type { OutputFormat } from "./setting_layers.ts";
import type { ColorChoice, Terminal } from "./terminal.ts";

/** What the result is written with. */
export interface OutputOptions {
  readonly terminal: Terminal;
  readonly format: OutputFormat;
  /** Whether texts for people are left out. */
  readonly isQuiet: boolean;
  /** The path of `--get`: only this value of the document is wanted. */
  readonly get: string | undefined;
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
  #lacksValue = false;
  #valueProblem: string | null = null;

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

  /** Whether a value was wanted that the document does not have. */
  get lacksValue(): boolean {
    return this.#lacksValue;
  }

  /** Why the path of `--get` cannot be right; `null`: it may be. */
  get valueProblem(): string | null {
    return this.#valueProblem;
  }

  /** Whether a document is wanted, as JSON, as YAML, or for one value of it. */
  get wantsDocument(): boolean {
    const { format, get } = this.#options;
    return format !== "table" || get !== undefined;
  }

  /** Whether only one value of the document is wanted. */
  get wantsValue(): boolean {
    return this.#options.get !== undefined;
  }

  /** Whether texts for people are left out: a result is then its `names`, or nothing. */
  get isQuiet(): boolean {
    return this.#options.isQuiet;
  }

  /** Whether a text for people goes to standard output. */
  get showsText(): boolean {
    return !this.wantsDocument && !this.isQuiet && this.#options.file === undefined;
  }

  /** Whether the result goes to a terminal, where lines that are too long would wrap. */
  get isOnTerminal(): boolean {
    const { terminal, file } = this.#options;
    return file === undefined && terminal.isOutTerminal;
  }

  /** Whether the result may hold colours. */
  get isColored(): boolean {
    const { terminal, file, color, format } = this.#options;
    return format === "table" && file === undefined &&
      colorWanted(color, { terminal, isTerminal: terminal.isOutTerminal });
  }

  /** A text whose long lines are broken between words, where it goes to a terminal. */
  async wrapped(text: string): Promise<string> {
    if (!this.isOnTerminal) return text;
    const { wrapText } = await import("../render/wrap_text.ts");
    return wrapText(text, this.#options.terminal.columns());
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
   * Writes a document as the user wants it: the one value of `--get`, JSON, YAML, or as text.
   *
   * @param options.asLine JSON is written as one line: the last of those of `writeLine()`.
   * @param options.names With `--quiet`, what scripts go on with: paths, URLs or IDs, one a line.
   * Without it nothing is printed then, and a file is empty.
   */
  async writeDocument(
    document: unknown,
    table: () => string | Promise<string>,
    options: { readonly asLine?: boolean; readonly names?: () => readonly string[] } = {},
  ): Promise<void> {
    const { format } = this;
    const { isQuiet, get, file } = this.#options;
    const { asLine, names } = options;
    if (get !== undefined) await this.#writeValue(document, get);
    else if (format === "json" && asLine) await this.write(`${jsonText(document)}\n`);
    else if (format !== "table") await this.write(await renderDocument(document, format));
    else if (!isQuiet) await this.write(await table());
    else if (names !== undefined) await this.write(this.#linesOf(names()));
    // As with `-q > FILE`.
    else if (file !== undefined) await this.write("");
  }

  async #writeValue(document: unknown, path: string): Promise<void> {
    const { getValues } = await import("./get_value.ts");
    const { lines, isComplete, problem } = getValues(document, path);
    this.#lacksValue = !isComplete;
    this.#valueProblem = problem;
    await this.write(this.#linesOf(lines));
  }

  /**
   * Writes one of many documents, as soon as it is there: as one line of JSON, or the value of `--get`.
   * A value that is absent is an empty line and no failure: the next document may have it.
   *
   * @returns Why the path of `--get` cannot be right for this document; `null`: it may be.
   * @throws {OutputClosedError} If the reader of standard output has gone.
   */
  async writeNext(document: unknown): Promise<string | null> {
    const { get, terminal } = this.#options;
    if (get === undefined) {
      await terminal.out(`${jsonText(document)}\n`);
      return null;
    }
    const { getValues } = await import("./get_value.ts");
    const { lines, problem } = getValues(document, get);
    await terminal.out(this.#linesOf(lines));
    return problem;
  }

  /**
   * Writes the document of a failure, on standard output even where the result was meant for a file.
   */
  async writeFailure(document: unknown): Promise<void> {
    const { get } = this.#options;
    // An empty line would look like an answer.
    if (get !== undefined && !(await hasValue(document, get))) return;
    const output = new Output({ ...this.#options, file: undefined });
    await output.writeDocument(document, () => "");
  }

  /** Foreign text is given as it is, for scripts; on a terminal it is shown, not obeyed. */
  #linesOf(lines: readonly string[]): string {
    return lines.map((line) => `${this.isOnTerminal ? escapeForTerminal(line) : line}\n`).join("");
  }

  /**
   * Writes something on the way to the result as a line of JSON, where the user wants JSON on
   * standard output; a file gets the result alone.
   *
   * @throws {OutputClosedError} If the reader of standard output has gone.
   */
  async writeLine(document: unknown): Promise<void> {
    const { file, format, get, terminal } = this.#options;
    if (format !== "json" || file !== undefined || get !== undefined) return;
    await terminal.out(`${jsonText(document)}\n`);
  }
}

async function hasValue(document: unknown, path: string): Promise<boolean> {
  const { getValues } = await import("./get_value.ts");
  return getValues(document, path).isComplete;
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
async function renderDocument(document: unknown, format: "json" | "yaml"): Promise<string> {
  if (format === "json") return jsonText(document, { indent: 2 }) + "\n";
  const { renderYaml } = await import("../render/yaml.ts");
  return renderYaml(document);
}

/**
 * Decides whether a stream gets colour. What the command line says counts first, then `NO_COLOR` and
 * `CLICOLOR_FORCE`; else colour is for terminals that are not `TERM=dumb`.
 *
 * @param choice What the command line says.
 * @param stream.isTerminal Whether the stream is a terminal.
 */
export function colorWanted(choice: ColorChoice, stream: {
  readonly terminal: Pick<Terminal, "colorChoice" | "isDumb">;
  readonly isTerminal: boolean;
}): boolean {
  const { terminal, isTerminal } = stream;
  const wanted = choice === "auto" ? terminal.colorChoice : choice;
  return wanted === "auto" ? isTerminal && !terminal.isDumb : wanted === "always";
}
