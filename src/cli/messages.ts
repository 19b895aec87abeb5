import { escapeForTerminal } from "../render/escape.ts";
import { colorWanted } from "./output.ts";
import type { ColorChoice, Terminal } from "./terminal.ts";

/** How much is printed on stderr. */
export type Verbosity = "quiet" | "normal" | "verbose";

/**
 * All messages except the result: one line each, on stderr. They may hold foreign text, which is
 * escaped here.
 */
export class Messages {
  readonly #terminal: Terminal;
  readonly verbosity: Verbosity;
  readonly #color: ColorChoice;

  /** @param options.color The choice on the command line. */
  constructor(
    terminal: Terminal,
    options: { readonly verbosity: Verbosity; readonly color: ColorChoice },
  ) {
    this.#terminal = terminal;
    this.verbosity = options.verbosity;
    this.#color = options.color;
  }

  /** Why the command failed. Always printed. */
  error(text: string): Promise<void> {
    return this.#say(`${this.#colored("31", "Error:")} `, text);
  }

  /** Something that went wrong beside the main thing, which goes on. */
  async warning(text: string): Promise<void> {
    if (this.verbosity !== "quiet") await this.#say(`${this.#colored("33", "Warning:")} `, text);
  }

  /** Something good to know. */
  async note(text: string): Promise<void> {
    if (this.verbosity !== "quiet") await this.#say("", text);
  }

  /** Something for those who asked for more. */
  async detail(text: string): Promise<void> {
    if (this.verbosity === "verbose") await this.#say("", text);
  }

  #say(prefix: string, text: string): Promise<void> {
    return this.#terminal.err(`${prefix}${escapeForTerminal(text)}\n`);
  }

  #colored(code: string, text: string): string {
    const terminal = this.#terminal;
    return colorWanted(this.#color, { terminal, isTerminal: terminal.isErrTerminal })
      ? `\x1b[${code}m${text}\x1b[39m`
      : text;
  }
}
