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
  /** False if the user forbids colour (`NO_COLOR`). */
  readonly allowsColor: boolean;
  /** Width of the terminal in characters at this moment; 80 where there is none. */
  columns(): number;
  /** Height of the terminal in lines at this moment; 24 where there is none. */
  rows(): number;
  /** Calls a listener whenever the terminal's size changes, until it is disposed. */
  onResize(listener: () => void): Disposable;
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
