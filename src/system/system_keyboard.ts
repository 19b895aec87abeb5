const LONGEST_LINE = 1_000;

/** A stream of typed text, such as `Deno.stdin`. */
export interface ByteSource {
  read(buffer: Uint8Array): Promise<number | null>;
  isTerminal(): boolean;
  setRaw(mode: boolean, options?: { readonly cbreak?: boolean }): void;
}

/** The process's standard input. Needs no permission. */
export class SystemKeyboard {
  readonly #source: ByteSource;

  /** @param source Another stream than the process's own, for tests. */
  constructor(source: ByteSource = Deno.stdin) {
    this.#source = source;
  }

  /** True if standard input is a terminal. */
  get isTerminal(): boolean {
    return this.#source.isTerminal();
  }

  /**
   * Reads one line without its end. What follows in the same read is lost, and long lines are cut.
   *
   * @returns `null` if the input ends before anything was typed.
   */
  async readLine(): Promise<string | null> {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(256);
    let text = "";
    while (!text.includes("\n") && text.length < LONGEST_LINE) {
      const size = await this.#source.read(buffer);
      if (size === null) return text === "" ? null : text;
      text += decoder.decode(buffer.subarray(0, size), { stream: true });
    }
    return text.split(/\r?\n/, 1)[0]?.slice(0, LONGEST_LINE) ?? "";
  }

  /** Reads a line of a terminal that does not show it; see the port `Keyboard`. */
  async readSecret(prompt: () => Promise<void>, signal: AbortSignal): Promise<string | null> {
    const { readSecretLine } = await import("./secret_line.ts");
    return await readSecretLine(this.#source, { prompt, signal, longest: LONGEST_LINE });
  }
}
