/** The port to the streams that the program writes to. */
import type { AppError } from "../errors.ts";

/** When colour is used; `auto`: where a terminal shows it. */
export type ColorChoice = "auto" | "always" | "never";

/** Standard output and standard error. Texts of one stream come out whole and in order. */
export interface Terminal {
  /** True if standard output is a terminal, not a pipe or a file. */
  readonly isOutTerminal: boolean;
  /** True if standard error is a terminal, not a pipe or a file. */
  readonly isErrTerminal: boolean;
  /**
   * What the environment says about colour: `never` with `NO_COLOR`, `always` with `CLICOLOR_FORCE`,
   * else `auto`.
   */
  readonly colorChoice: ColorChoice;
  /** True with `TERM=dumb`: the terminal shows text and nothing else, no colour and no movement. */
  readonly isDumb: boolean;
  /** Width of the terminal in characters at this moment; 80 where there is none. */
  columns(): number;
  /** Height of the terminal in lines at this moment; 24 where there is none. */
  rows(): number;
  /** Calls a listener whenever the terminal's size changes, until it is disposed. */
  onResize(listener: () => void): Disposable;
  /**
   * Lets Ctrl-Z stop the process only when the terminal was given back, until it is disposed.
   *
   * @param listener.before Is waited for before the process stops.
   * @param listener.after Is called when it goes on (`fg`), or if it cannot be stopped.
   */
  onStop(listener: {
    readonly before: () => Promise<void>;
    readonly after: () => Promise<void>;
  }): Promise<Disposable>;
  /**
   * Writes a part of the result to standard output. Await it.
   *
   * @throws {OutputClosedError} If the reader has gone (`| head -1`): the program then ends quietly.
   * @throws {AppError} If it cannot be written, e.g. because no space is left.
   */
  out(text: string): Promise<void>;
  /** Writes to standard error; never throws, for nobody could be told. */
  err(text: string): Promise<void>;
  /**
   * Says that the command was asked to end: from now on a stream whose reader takes nothing for
   * two seconds is given up. What is written to it then fails with the reason (standard output) or is
   * lost (standard error), at once and for good. The first reason counts.
   */
  endSoon(reason: AppError): void;
}
