/** The port to the person at the terminal. */
export interface Keyboard {
  /** True if standard input is a terminal, so that somebody can answer. */
  readonly isTerminal: boolean;
  /** Reads one line without its end, at most 1,000 characters; `null` if the input ends (Ctrl-D). */
  readLine(): Promise<string | null>;
}
