import type { ColorChoice, Terminal } from "../../src/cli/terminal.ts";
import { OutputClosedError } from "../../src/errors.ts";

/** How a `MemoryTerminal` behaves. */
export interface MemoryTerminalOptions {
  /** Whether both streams are terminals. @default {false} */
  readonly isTerminal?: boolean;
  /** What the environment says about colour. @default {"auto"} */
  readonly colorChoice?: ColorChoice;
  /** @default {false} */
  readonly isDumb?: boolean;
  /** @default {80} */
  readonly columns?: number;
}

/** A terminal that keeps what is written to it. */
export class MemoryTerminal implements Terminal {
  readonly isOutTerminal: boolean;
  readonly isErrTerminal: boolean;
  readonly colorChoice: ColorChoice;
  readonly isDumb: boolean;
  /** Width; a test may change it. */
  width: number;
  /** Height; a test may change it. */
  height = 24;
  readonly #resizeListeners = new Set<() => void>();
  #stopListener: Parameters<Terminal["onStop"]>[0] | null = null;
  #outText = "";
  #errText = "";
  #isClosed = false;

  constructor(options: MemoryTerminalOptions = {}) {
    this.isOutTerminal = options.isTerminal ?? false;
    this.isErrTerminal = options.isTerminal ?? false;
    this.colorChoice = options.colorChoice ?? "auto";
    this.isDumb = options.isDumb ?? false;
    this.width = options.columns ?? 80;
  }

  /** All that was written to standard output. */
  get outText(): string {
    return this.#outText;
  }

  /** All that was written to standard error. */
  get errText(): string {
    return this.#errText;
  }

  /** Simulates that the reader of standard output goes away. */
  closeOut(): void {
    this.#isClosed = true;
  }

  columns(): number {
    return this.width;
  }

  rows(): number {
    return this.height;
  }

  onResize(listener: () => void): Disposable {
    this.#resizeListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#resizeListeners.delete(listener) };
  }

  onStop(listener: {
    readonly before: () => Promise<void>;
    readonly after: () => Promise<void>;
  }): Promise<Disposable> {
    this.#stopListener = listener;
    return Promise.resolve({ [Symbol.dispose]: () => void (this.#stopListener = null) });
  }

  /** Presses Ctrl-Z, and `fg` when the shell has the terminal. */
  async stop(between: () => Promise<void>): Promise<void> {
    await this.#stopListener?.before();
    await between();
    await this.#stopListener?.after();
  }

  /** Changes the size of the terminal and notifies the listeners. */
  resize(size: { readonly columns: number; readonly rows: number }): void {
    this.width = size.columns;
    this.height = size.rows;
    for (const listener of this.#resizeListeners) listener();
  }

  out(text: string): Promise<void> {
    if (this.#isClosed) return Promise.reject(new OutputClosedError("The reader has gone"));
    this.#outText += text;
    return Promise.resolve();
  }

  endSoon(): void {}

  err(text: string): Promise<void> {
    this.#errText += text;
    return Promise.resolve();
  }
}
