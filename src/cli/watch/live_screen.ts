/** A screen of text that is redrawn without flicker. */
import { cutLine } from "../../render/text.ts";
import type { Terminal } from "../terminal.ts";

/**
 * Switches to the alternate screen, hides the cursor, and turns off line wrapping, which wide
 * characters could cause.
 */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** Draws on the terminal's alternate screen, so that the old content comes back at the end. */
export class LiveScreen implements AsyncDisposable {
  readonly #terminal: Terminal;
  #draw: ((rows: number) => string) | null = null;
  #paint: (line: string, row: number) => string = (line) => line;
  #isEntered = false;
  #isSuspended = false;

  /** @param broken Restores the old content when it rejects. */
  constructor(terminal: Terminal, broken: Promise<never>) {
    this.#terminal = terminal;
    broken.catch(() => this[Symbol.asyncDispose]());
  }

  /**
   * Shows a text. Each line is cut to the width of the screen, and lines that do not fit are left
   * out.
   *
   * @param draw Makes the text for a number of lines; called again when the size changes.
   * @param paint Colours a line after it was cut; rows count from 0.
   */
  async show(
    draw: (rows: number) => string,
    paint: (line: string, row: number) => string = (line) => line,
  ): Promise<void> {
    this.#draw = draw;
    this.#paint = paint;
    await this.redraw();
  }

  /** Draws the last text again, for example in another size; nothing if there was none. */
  async redraw(): Promise<void> {
    if (this.#draw === null || this.#isSuspended) return;
    const { columns, rows } = { columns: this.#terminal.columns(), rows: this.#terminal.rows() };
    const lines = this.#draw(rows).split("\n").slice(0, rows).map((line, row) =>
      // The rest of a line is cleared after the line was written, so nothing is ever blank in
      // between.
      `${this.#paint(cutLine(line, columns), row)}\x1b[K`
    );
    const enter = this.#isEntered ? "" : ENTER;
    this.#isEntered = true;
    await this.#terminal.out(`${enter}\x1b[H${lines.join("\r\n")}\x1b[J`);
  }

  /** Gives the terminal back to the shell while the process is stopped (Ctrl-Z). */
  async suspend(): Promise<void> {
    this.#isSuspended = true;
    await this.#leave();
  }

  /** Draws the last text again. */
  async resume(): Promise<void> {
    this.#isSuspended = false;
    await this.redraw();
  }

  /** Restores the old content; not needed if the terminal is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#draw = null;
    await this.#leave();
  }

  async #leave(): Promise<void> {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    await this.#terminal.out(LEAVE).catch(() => {});
  }
}
