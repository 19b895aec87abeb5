/** A screen of text that is drawn again and again without flicker. */
import { cutLine } from "../../render/text.ts";
import type { Terminal } from "../terminal.ts";

/** The other screen, no cursor, and no line that goes on in the next: wide characters would. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** Draws on the terminal's other screen, so that what was there before comes back at the end. */
export class LiveScreen implements AsyncDisposable {
  readonly #terminal: Terminal;
  #draw: ((rows: number) => string) | null = null;
  #paint: (line: string, row: number) => string = (line) => line;
  #isEntered = false;
  #isSuspended = false;

  /** @param broken Brings back what was there before, when it is aborted. */
  constructor(terminal: Terminal, broken: AbortSignal) {
    this.#terminal = terminal;
    broken.addEventListener("abort", () => void this[Symbol.asyncDispose]());
  }

  /**
   * Shows a text; each line is cut to the screen, and what does not fit below is left out.
   *
   * @param draw Makes the text for so many lines; called again when the size changes.
   * @param paint Colours a line once it is cut; rows count from 0.
   */
  async show(
    draw: (rows: number) => string,
    paint: (line: string, row: number) => string = (line) => line,
  ): Promise<void> {
    this.#draw = draw;
    this.#paint = paint;
    await this.redraw();
  }

  /** Draws the last text again, e.g. in another size; nothing if there was none. */
  async redraw(): Promise<void> {
    if (this.#draw === null || this.#isSuspended) return;
    const { columns, rows } = { columns: this.#terminal.columns(), rows: this.#terminal.rows() };
    const lines = this.#draw(rows).split("\n").slice(0, rows).map((line, row) =>
      // Cleared to its end only after it was written: nothing is blank in between.
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

  /** Draws again what was there last. */
  async resume(): Promise<void> {
    this.#isSuspended = false;
    await this.redraw();
  }

  /** Brings back what was there before. A terminal that has gone needs no such thing. */
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
